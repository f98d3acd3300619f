"""Measures many phones: server memory a connection, a reconnect storm, and the way out of a tunnel.

Run it on a quiet machine: `make bench`, or `python bench/phones.py`. Bounded: 2,000 phones, 1,000 messages.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from run import WORKBENCH, workbench  # noqa: E402  the checkout comes first

from components.wire.traceparent import Trace  # noqa: E402
from workbench.cluster import state  # noqa: E402
from workbench.cluster.paths import Paths  # noqa: E402
from workbench.tracing.journal import Reader, Seen, read_all  # noqa: E402

PHONES = 2000
STORM_PHONES = 1500  # a third of them, 500, lose their server
QUEUED = 1000
TARGET_KB, TARGET_STORM_S = 40.0, 10.0
LONGEST_S = 120.0


class Cluster:
    """A cluster under a home, with what the measurements ask of it."""

    def __init__(self, home: Path, phones: int | str, speed: float) -> None:
        self.home = home
        workbench(home, "up", "--detach", "--phones", str(phones), "--speed", str(speed))
        found = state.load(Paths(home))
        assert found is not None  # noqa: S101  it has just started
        self.found, self.plan = found, found.plan
        self.journal = Paths(home).journal(self.plan.run)

    def call(self, path: str, body: Any = None) -> Any:
        """Ask the phones' control port."""
        request = urllib.request.Request(
            self.plan.one("phones").private + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.plan.secret}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())

    def await_online(self, count: int, *, without: str = "") -> None:
        """Wait until so many phones are connected, to other servers than the one named."""
        deadline = time.monotonic() + LONGEST_S
        while (
            sum(each["link"] == "online" and each["server"] != without for each in self.call("/phones"))
            < count
        ):
            if time.monotonic() > deadline:
                raise SystemExit(f"not all of {count} phones came online within {LONGEST_S:g} s")
            time.sleep(0.5)

    def servers_bytes(self) -> int:
        """Sum what the chat servers have for themselves."""
        names = [each.name for each in self.plan.all("chat_server")]
        return sum(psutil.Process(self.found.processes[name].pid).memory_full_info().uss for name in names)

    def down(self) -> None:
        """End it."""
        workbench(self.home, "down")


def memory(folder: Path) -> None:
    """Compare the chat servers' own memory with few and with many idle connections."""
    few = Cluster(folder / "few", 3, 1)
    few.await_online(3)
    base = few.servers_bytes()
    few.down()
    many = Cluster(folder / "many", PHONES, 1)
    many.await_online(PHONES)
    each = (many.servers_bytes() - base) / (PHONES - 3) / 1024
    many.down()
    print(f"  {PHONES} phones online; server memory an idle connection {each:.1f} KB (target {TARGET_KB:g})")


def storm(folder: Path) -> None:
    """Kill a server that holds a third of the phones, and see when each is back."""
    cluster = Cluster(folder / "storm", STORM_PHONES, 10)
    cluster.await_online(STORM_PHONES)
    victims = {each["user"] for each in cluster.call("/phones") if each["server"] == "chat-1"}
    began = time.monotonic_ns()
    psutil.Process(cluster.found.processes["chat-1"].pid).kill()
    cluster.await_online(STORM_PHONES, without="chat-1")
    took = sorted(
        (each.t_ns - began) / 1e9
        for each in read_all(cluster.journal)
        if each.kind == "route_registered" and each.t_ns > began and each.facts["user"] in victims
    )[: len(victims)]
    cluster.down()
    print(
        f"  {len(victims)} phones lost their server; all back after {took[-1]:.2f} s (target {TARGET_STORM_S:g})"
    )
    bins = Counter(int(4 * each) for each in took)
    for place in range(max(bins) + 1):
        print(f"    {place / 4:5.2f} s  {bins[place]:4d}  {'#' * (bins[place] * 40 // max(bins.values()))}")


def tunnel(folder: Path) -> None:
    """Queue messages for a phone in a tunnel, and time the way from its end to the last of them on the screen."""
    cluster = Cluster(folder / "tunnel", "alice,bob", 1)
    cluster.await_online(2)
    reader = Reader(cluster.journal, at_end=True)
    cluster.call("/phones/bob/life", {"action": "tunnel-in"})
    for number in range(QUEUED):
        body = {"to": "bob", "text": f"message {number}", "traceparent": Trace.start().header}
        cluster.call("/phones/alice/send", body)
    _collect(reader, "message_stored", QUEUED)
    began = time.monotonic_ns()
    cluster.call("/phones/bob/life", {"action": "tunnel-out"})
    shown = _collect(reader, "message_shown", QUEUED)
    cluster.down()
    print(f"  {QUEUED} messages shown {(shown[-1].t_ns - began) / 1e9:.2f} s after the end of the tunnel")


def _collect(reader: Reader, kind: str, count: int) -> list[Seen]:
    found: list[Seen] = []
    deadline = time.monotonic() + LONGEST_S
    while len(found) < count:
        found += [each for each in reader.read() if each.kind == kind]
        if time.monotonic() > deadline:
            raise SystemExit(f"only {len(found)} of {count} {kind} within {LONGEST_S:g} s")
        time.sleep(0.02)
    return sorted(found, key=lambda each: each.t_ns)


def main() -> None:
    """Measure and print."""
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            memory(Path(folder))
            storm(Path(folder))
            tunnel(Path(folder))
        finally:
            for home in Path(folder).iterdir():
                subprocess.run([*WORKBENCH, "down", "--home", str(home)], check=False, capture_output=True)


if __name__ == "__main__":
    main()
