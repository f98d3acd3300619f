"""What `interview start`, `resume` and `report` do."""

from __future__ import annotations

import secrets
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.cli.demonstrating import live_cluster
from workbench.errors import UsageProblem
from workbench.interview import report as reports
from workbench.interview import session as sessions
from workbench.interview.grading import Overruling
from workbench.interview.interviewer import Interviewer
from workbench.interview.questions import default_bank, load_bank
from workbench.interview.report_page import Page
from workbench.interview.score import Verdict
from workbench.interview.store import Store
from workbench.interview.terminal import Terminal
from workbench.wording import count

if TYPE_CHECKING:
    from workbench.cli.context import Workbench
    from workbench.errors import Exit
    from workbench.interview.questions import Question

SEEDS = 10_000
HANDING_IN = "An answer may have several lines; two empty lines, or Ctrl-D, hand it in."


def start(workbench: Workbench, minutes: int, focus: str | None, seed: int | None, bank: Path | None) -> Exit:
    """Choose questions and begin."""
    _need_terminal(workbench)
    drawn = secrets.randbelow(SEEDS) if seed is None else seed
    questions = load_bank(bank or default_bank())
    chosen = sessions.choose(questions, minutes, focus, drawn)
    now = datetime.now().astimezone()
    new = sessions.Session(
        version=sessions.VERSION,
        id=Store(workbench.home).new_id(now),
        started=now.isoformat(timespec="seconds"),
        minutes=minutes,
        focus=focus,
        seed=drawn,
        bank=str(bank.absolute()) if bank else "",
        planned=[sessions.plan(each) for each in chosen],
    )
    Store(workbench.home).save(new)  # a home that cannot be written is found before anything is announced
    what = f"{count(len(chosen), 'question')}, {count(minutes, 'minute')}"
    Page(workbench.out).line(
        f"Interview {new.id}: {what}. Answer as you would aloud, in sentences:"
        f" what, how it works, and why. {HANDING_IN}"
    )
    return _hold(workbench, new, questions)


def resume(workbench: Workbench) -> Exit:
    """Go on with the newest interview that was not finished."""
    _need_terminal(workbench)
    found = Store(workbench.home).latest(lambda each: not each.finished, workbench.note)
    if found is None:
        raise UsageProblem("no interview waits to be finished: `workbench interview start` begins one")
    questions = load_bank(Path(found.bank) if found.bank else default_bank())
    Store(workbench.home).save(found)  # likewise
    Page(workbench.out).line(f"Interview {found.id}, where you left it. {HANDING_IN}")
    return _hold(workbench, found, questions)


def _need_terminal(workbench: Workbench) -> None:
    if workbench.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageProblem(
            "an interview is a conversation and needs a terminal;"
            " without one: workbench interview questions ID --answer FILE"
        )


def _hold(workbench: Workbench, session: sessions.Session, questions: list[Question]) -> Exit:
    bank = {question.id: question for question in questions}
    gone = [planned.id for planned in session.planned if planned.id not in bank]
    if gone:
        workbench.note(f"no longer in the bank, and passed over: {', '.join(gone)}")
    interviewer = Interviewer(
        session,
        bank,
        Store(workbench.home),
        Terminal(),
        workbench.out,
        clock=time.monotonic,
        live=live_cluster(workbench),
    )
    return interviewer.run()


def report(workbench: Workbench, name: str, overrule: tuple[str, str] | None, reason: str | None) -> None:
    """Show an interview, after overruling an item of it if that was asked for."""
    store = Store(workbench.home)
    found = store.latest(lambda _: True, workbench.note) if name == "last" else store.load(name)
    if found is None and store.has_files():
        raise UsageProblem(
            f"no interview in {store.folder} can be read: `workbench interview start` begins another one"
        )
    if found is None:
        raise UsageProblem("no interview yet: `workbench interview start` begins one")
    if overrule is not None:
        _overrule(found, overrule, reason)
        store.save(found)
    elif reason is not None:
        raise UsageProblem("--reason belongs to --overrule QUESTION/ITEM VERDICT")
    if workbench.json:
        workbench.emit(reports.report(found))
    else:
        Page(workbench.out).report(reports.report(found))


def _overrule(session: sessions.Session, overrule: tuple[str, str], reason: str | None) -> None:
    question, slash, item = overrule[0].partition("/")
    if not slash:
        raise UsageProblem(f"{overrule[0]!r} names no item: write QUESTION/ITEM, as in the report")
    said = (reason or "").strip()
    if not said:
        raise UsageProblem("an overruling needs a reason: add --reason TEXT")
    sessions.with_overruling(session, question, Overruling(item, Verdict(overrule[1]), said))
