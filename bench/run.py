"""Measures what is promised: starting, ending, memory, idle cost, latency. Prints the machine and medians.

Run it on a quiet machine: `make bench`, or `python bench/run.py --quick`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from components.wire.traceparent import Trace  # noqa: E402  the checkout comes first
from workbench.cluster import state  # noqa: E402
from workbench.cluster.paths import Paths  # noqa: E402
from workbench.cluster.shutdown import processes_of  # noqa: E402
from workbench.tracing.journal import read_all  # noqa: E402

WORKBENCH = [sys.executable, "-m", "workbench"]
PAIRS = (("alice", "bob"), ("bob", "carol"), ("carol", "alice"))
RATE = 50
SHOWN_PERCENT = 0.3
MEGABYTE = 1e6


def workbench(home: Path, *arguments: str) -> float:
    """Run a command and give its wall time in seconds."""
    began = time.perf_counter()
    subprocess.run(
        [*WORKBENCH, *arguments, "--home", str(home)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return time.perf_counter() - began


def memory(processes: list[psutil.Process]) -> float | None:
    """Sum the proportional set size in MB; None where the platform has none."""
    try:
        return sum(each.memory_full_info().pss for each in processes) / MEGABYTE
    except AttributeError:
        return None


def idle_cpu(processes: list[psutil.Process], seconds: float) -> dict[str, float]:
    """Measure the CPU of each process over a quiet while, in percent of one core."""
    before = {each.pid: sum(each.cpu_times()[:2]) for each in processes}
    time.sleep(seconds)
    return {
        str(each.pid): 100 * (sum(each.cpu_times()[:2]) - before[each.pid]) / seconds for each in processes
    }


async def load(found: state.State, seconds: float) -> None:
    """Send at a steady rate, open loop: a slow answer does not slow the sending down."""
    plan = found.plan
    headers = {"Authorization": f"Bearer {plan.secret}"}
    async with aiohttp.ClientSession(headers=headers) as session, asyncio.TaskGroup() as group:
        began = time.perf_counter()
        for number in range(int(seconds * RATE)):
            sender, recipient = PAIRS[number % len(PAIRS)]
            url = f"{plan.one('phones').private}/phones/{sender}/send"
            body = {"to": recipient, "text": f"message {number}", "traceparent": Trace.start().header}
            group.create_task(post(session, url, body))
            await asyncio.sleep(max(0.0, began + (number + 1) / RATE - time.perf_counter()))


async def post(session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> None:
    """Press send."""
    async with session.post(url, json=body) as response:
        response.raise_for_status()


def latencies(home: Path, found: state.State, count: int) -> list[float]:
    """Read from the journal how long each of the last `count` messages took to ✓✓, in ms, once all have it."""
    path = Paths(home).journal(found.plan.run)
    deadline = time.monotonic() + 30
    while True:
        events = read_all(path)
        written = {e.facts["message_id"]: e.t_ns for e in events if e.kind == "message_written"}
        told = {e.facts["message_id"]: e.t_ns for e in events if e.kind == "message_status_changed"}
        wanted = list(written)[-count:]
        if all(each in told for each in wanted):
            return sorted((told[each] - written[each]) / 1e6 for each in wanted)
        if time.monotonic() > deadline:
            raise SystemExit(f"{sum(each not in told for each in wanted)} of {count} messages never got ✓✓")
        time.sleep(0.1)


def measure(home: Path, runs: int, seconds: float) -> dict[str, list[float]]:
    """Run everything `runs` times."""
    figures: dict[str, list[float]] = {key: [] for key in ("up", "down", "pss", "cpu", "p50", "p99")}
    for _ in range(runs):
        figures["up"].append(workbench(home, "up", "--detach"))
        found = state.load(Paths(home))
        assert found is not None  # noqa: S101  it has just started
        time.sleep(2)
        processes = processes_of(found)
        figures["pss"].append(memory(processes) or 0)
        cost = idle_cpu(processes, seconds / 2)
        figures["cpu"].append(sum(cost.values()))
        asyncio.run(load(found, seconds))
        times = latencies(home, found, int(seconds * RATE))
        figures["p50"].append(times[len(times) // 2])
        figures["p99"].append(times[int(len(times) * 0.99)])
        names = {str(each.pid): name for name, each in found.processes.items()}
        shown = sorted(cost.items(), key=lambda item: -item[1])
        print(
            "  idle:",
            ", ".join(
                f"{names.get(pid, pid)} {percent:.1f} %" for pid, percent in shown if percent >= SHOWN_PERCENT
            ),
        )
        figures["down"].append(workbench(home, "down"))
    return figures


TARGETS = {
    "up": ("up --detach to ready", "s", 2.5),
    "down": ("down", "s", 1.5),
    "pss": ("all processes, PSS", "MB", 350),
    "cpu": ("all processes, idle", "% of a core", 25),
    "p50": (f"send to ✓✓ at {RATE}/s, p50", "ms", 25),
    "p99": (f"send to ✓✓ at {RATE}/s, p99", "ms", 60),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two short runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    memory_mb = psutil.virtual_memory().total / MEGABYTE
    print(
        f"{os.cpu_count()} cores, {memory_mb:.0f} MB, {platform.platform()}, Python {platform.python_version()}"
    )
    runs, seconds = (2, 5.0) if options.quick else (5, 20.0)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder) / "home", runs, seconds)
    if options.json:
        print(json.dumps(figures))
        return
    print(f"medians of {runs} runs:")
    for key, (what, unit, target) in TARGETS.items():
        values = figures[key]
        print(
            f"  {what:<32} {statistics.median(values):8.2f} {unit:<12} target {target:>5}   "
            f"({min(values):.2f} to {max(values):.2f})"
        )


if __name__ == "__main__":
    main()
