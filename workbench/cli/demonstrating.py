"""The running cluster as an interview needs it, to have a follow-up shown on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workbench.cli.stage import POLL_S, SETTLE_S, LiveStage
from workbench.course.checks import evaluate
from workbench.interview.showing import Live

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.cli.context import Workbench
    from workbench.course.checks import Check, Outcome


def live_cluster(workbench: Workbench) -> Live:
    """Give the cluster that is up, if one is; an interview starts none."""
    stage = LiveStage(workbench)

    def begin() -> Callable[[Sequence[Check]], list[Outcome]]:
        mark = stage.now()

        def run_checks(checks: Sequence[Check]) -> list[Outcome]:
            """Evaluate, and give what commands set in motion a moment to show."""
            deadline = time.monotonic() + SETTLE_S
            while True:
                events = stage.events(mark)
                outcomes = [evaluate(each, events, stage.answer) for each in checks]
                if all(each.passed for each in outcomes) or time.monotonic() > deadline:
                    return outcomes
                time.sleep(POLL_S)

        return run_checks

    return Live(stage.is_running, stage.perform, begin)
