"""Has a follow-up answered on the running cluster: the learner types commands, and checks decide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.interview.terminal import COMMANDS, LeaveError
from workbench.nesting import named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.course.checks import Check, Outcome
    from workbench.interview.questions import Show
    from workbench.interview.report_page import Page
    from workbench.interview.terminal import Screen

STARTERS = ("interview", "lesson", "up")


@dataclass(frozen=True)
class Live:
    """The running cluster: whether there is one, how to run a command line on it, and how to have it checked.

    `begin` marks the moment, and gives what evaluates checks over what happens from then on.
    """

    is_running: Callable[[], bool]
    perform: Callable[[str], object]
    begin: Callable[[], Callable[[Sequence[Check]], list[Outcome]]]


@dataclass(frozen=True)
class Shown:
    """What was typed, and what came of the checks."""

    typed: str
    outcomes: list[Outcome] = field(default_factory=list)
    skipped: bool = False


def demonstrate(show: Show, live: Live | None, screen: Screen, page: Page) -> Shown | None:
    """Let the learner show it; None if it cannot be shown here and has to be told in words.

    Checks that fail may be tried again; an empty line straight after them takes the result as it is.
    """
    if live is None or not live.is_running():
        page.line("No cluster runs here to show it on: tell it in words.")
        return None
    page.line("Show it with commands of the workbench; Enter on an empty line has it checked.")
    run_checks = live.begin()
    typed: list[str] = []
    outcomes: list[Outcome] = []
    while True:
        line = screen.line("workbench> ").strip()
        match COMMANDS.get(line):
            case "hint":
                page.line("There is no hint for this one.")
            case "skip":
                return Shown("\n".join(typed), skipped=True)
            case "quit":
                raise LeaveError
            case _ if line:
                typed += _perform(line, live, page)
                outcomes = []
            case _ if outcomes:
                return Shown("\n".join(typed), outcomes)
            case _:
                try:
                    outcomes = run_checks(show.check)
                except WorkbenchError as exc:
                    page.line(f"It cannot be checked ({exc}): tell it in words.")
                    return None
                page.outcomes(outcomes)
                if all(each.passed for each in outcomes):
                    return Shown("\n".join(typed), outcomes)
                page.line("Try again, or press Enter once more to go on.")


def _perform(line: str, live: Live, page: Page) -> list[str]:
    """Run a line on the cluster, unless it would begin a conversation inside this one; give what was run."""
    if command := named(line, STARTERS):
        page.line(f"`{command}` would start another one inside this interview: `:quit` leaves it first.")
        return []
    live.perform(line)
    return [line]
