"""Measures what is shown: diagrams of a run of 10,000 events, scoring of answers, all lessons taken to their end.

Run it on a quiet machine: `make bench`, or `python bench/views.py`. The load is bounded: about 700 messages.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from run import RATE, load, workbench  # noqa: E402  the checkout comes first

from workbench.cluster import state  # noqa: E402
from workbench.cluster.paths import Paths  # noqa: E402
from workbench.documents import decode_toml  # noqa: E402
from workbench.drawing.catalogue import CATALOGUE  # noqa: E402
from workbench.interview.calibration import Answers  # noqa: E402
from workbench.interview.grading import grade  # noqa: E402
from workbench.interview.questions import default_bank, load_bank  # noqa: E402
from workbench.tracing.journal import read_all  # noqa: E402

EVENTS = 10_000
RUNS = 3
DIAGRAM_TARGET_S = 1.0
SCORE_TARGET_MS = 100.0
LESSONS_TARGET_S = 90.0


def diagrams(home: Path) -> None:
    """Fill a run with real messages, then time every diagram as a user starts it: a new process each."""
    workbench(home, "up", "--detach")
    found = state.load(Paths(home))
    assert found is not None  # noqa: S101  it has just started
    journal = Paths(home).journal(found.plan.run)
    while len(read_all(journal)) < EVENTS:
        asyncio.run(load(found, 2))
    workbench(home, "down")
    print(
        f"diagrams of a run of {len(read_all(journal)):,} events, median of {RUNS} (target {DIAGRAM_TARGET_S} s):"
    )
    for name in CATALOGUE:
        asked = ["--message", "last"] if name != "spacetime" else ["--from", "0"]
        for form in ("txt", "svg", "html", "mermaid"):
            times = [workbench(home, "diagram", name, *asked, "--format", form) for _ in range(RUNS)]
            print(f"  {name:<14} {form:<8} {statistics.median(times):5.2f} s")


def scoring() -> None:
    """Score every calibration answer of the bank in one process."""
    took = []
    for question in load_bank(default_bank()):
        file = default_bank() / "answers" / f"{question.id}.toml"
        for answer in decode_toml(file.read_text(encoding="utf-8"), Answers, file).answer:
            began = time.perf_counter()
            grade(question, answer.text)
            took.append(1000 * (time.perf_counter() - began))
    took.sort()
    print(
        f"scoring {len(took)} answers: median {statistics.median(took):.1f} ms, slowest {took[-1]:.1f} ms"
        f" (target {SCORE_TARGET_MS:g} ms)"
    )


def main() -> None:
    """Measure and print."""
    print(
        f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}; {RATE} messages/s"
    )
    with tempfile.TemporaryDirectory() as folder:
        diagrams(Path(folder) / "home")
        scoring()
        took = workbench(Path(folder) / "other", "lesson", "lint", "--speed", "10")
    print(f"all lessons to their end at --speed 10: {took:.1f} s (target {LESSONS_TARGET_S:g} s)")


if __name__ == "__main__":
    main()
