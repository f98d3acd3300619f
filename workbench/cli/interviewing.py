"""The commands `interview start`, `resume`, `report`, `questions`."""

from __future__ import annotations

import secrets
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import Workbench, command_options
from workbench.errors import Exit, UsageProblem

if TYPE_CHECKING:
    from workbench.interview.questions import Question
    from workbench.interview.session import Session

# The engine loads when one of its commands runs: rubrics need stemmers and matchers that `send` does not wait for.

bank_option = click.option(
    "--bank",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of questions. Default: the workbench's own.",
)


@click.group(no_args_is_help=True)
def interview() -> None:
    """Practise the interview: be asked, followed up and scored, with the words that decided.

    Begin with `workbench interview start`. Nothing leaves this machine.
    """


@interview.command()
@click.option(
    "--minutes",
    type=click.IntRange(1, 240),
    default=30,
    show_default=True,
    help="Fill so many minutes.",
)
@click.option("--focus", metavar="TOPIC", help="Only questions on this topic; `questions` lists the topics.")
@click.option("--seed", type=int, help="Draw the same questions as another interview with this seed.")
@bank_option
@command_options
def start(
    workbench: Workbench, *, minutes: int, focus: str | None, seed: int | None, bank: Path | None
) -> Exit:
    """Begin an interview. It is saved after every answer; Ctrl-C leaves it, and `resume` goes on."""
    from workbench.interview import session as sessions  # noqa: PLC0415  said above
    from workbench.interview.questions import default_bank, load_bank  # noqa: PLC0415
    from workbench.interview.store import Store  # noqa: PLC0415

    _need_terminal(workbench)
    folder = (bank or default_bank()).absolute()
    drawn = secrets.randbelow(10_000) if seed is None else seed
    questions = load_bank(folder)
    chosen = sessions.choose(questions, minutes, focus, drawn)
    store, now = Store(workbench.home), datetime.now().astimezone()
    new = sessions.Session(
        version=sessions.VERSION,
        id=store.new_id(now),
        started=now.isoformat(timespec="seconds"),
        minutes=minutes,
        focus=focus,
        seed=drawn,
        bank=str(folder),
        planned=[sessions.plan(each) for each in chosen],
    )
    count = f"{len(chosen)} question{'s' * (len(chosen) > 1)}"
    workbench.out.print(
        f"Interview {new.id}: {count}, {minutes} minutes. Answer as you would aloud, in sentences:"
        " what, how it works, and why.",
        markup=False,
    )
    return _hold(workbench, new, questions)


@interview.command()
@command_options
def resume(workbench: Workbench) -> Exit:
    """Go on with the newest interview that was not finished, where it stopped."""
    from workbench.interview.questions import load_bank  # noqa: PLC0415  said above
    from workbench.interview.store import Store  # noqa: PLC0415

    _need_terminal(workbench)
    found = Store(workbench.home).latest(lambda each: not each.finished, workbench.note)
    if found is None:
        raise UsageProblem("no interview waits to be finished: `workbench interview start` begins one")
    workbench.out.print(f"Interview {found.id}, where you left it.", markup=False)
    return _hold(workbench, found, load_bank(Path(found.bank)))


def _need_terminal(workbench: Workbench) -> None:
    if workbench.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageProblem(
            "an interview is a conversation and needs a terminal;"
            " without one: workbench interview questions ID --answer FILE"
        )


def _hold(workbench: Workbench, session: Session, questions: list[Question]) -> Exit:
    from workbench.cli.demonstrating import live_cluster  # noqa: PLC0415
    from workbench.interview.interviewer import Interviewer  # noqa: PLC0415  said above
    from workbench.interview.store import Store  # noqa: PLC0415
    from workbench.interview.terminal import Terminal  # noqa: PLC0415

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


@interview.command()
@click.argument("name", metavar="[ID|last]", default="last")
@click.option(
    "--overrule",
    nargs=2,
    type=(str, click.Choice(["met", "partly", "missed", "contradicted"])),
    metavar="QUESTION/ITEM VERDICT",
    help="Judge an item yourself: met, partly, missed (of a wrong answer: not said) or contradicted. Both scores stay.",
)
@click.option("--reason", help="Why you overrule.")
@command_options
def report(workbench: Workbench, *, name: str, overrule: tuple[str, str] | None, reason: str | None) -> None:
    """Show how an interview went: per item the verdict, the words that decided, and what was lacking."""
    from workbench.interview.report import report as add_up  # noqa: PLC0415  said above
    from workbench.interview.report_page import Page  # noqa: PLC0415
    from workbench.interview.store import Store  # noqa: PLC0415

    store = Store(workbench.home)
    found = store.latest(lambda _: True, workbench.note) if name == "last" else store.load(name)
    if found is None:
        raise UsageProblem("no interview yet: `workbench interview start` begins one")
    if overrule is not None:
        _overrule(found, overrule, reason)
        store.save(found)
    elif reason is not None:
        raise UsageProblem("--reason belongs to --overrule QUESTION/ITEM VERDICT")
    if workbench.json:
        workbench.emit(add_up(found))
    else:
        Page(workbench.out).report(add_up(found))


def _overrule(session: Session, overrule: tuple[str, str], reason: str | None) -> None:
    from workbench.interview.grading import Overruling  # noqa: PLC0415  said above
    from workbench.interview.score import Verdict  # noqa: PLC0415
    from workbench.interview.session import with_overruling  # noqa: PLC0415

    question, slash, item = overrule[0].partition("/")
    if not slash:
        raise UsageProblem(f"{overrule[0]!r} names no item: write QUESTION/ITEM, as in the report")
    if not (reason or "").strip():
        raise UsageProblem("an overruling needs a reason: add --reason TEXT")
    with_overruling(session, question, Overruling(item, Verdict(overrule[1]), str(reason).strip()))


def _complete_question(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from workbench.interview.questions import default_bank  # noqa: PLC0415  said above

    folder = context.params.get("bank") or default_bank()
    return [file.stem for file in sorted(folder.glob("*.toml")) if file.stem.startswith(incomplete)]


@interview.command()
@click.argument("name", metavar="[ID]", required=False, shell_complete=_complete_question)
@click.option("--answer", metavar="FILE", help="Score the answer in this file; `-` is stdin.")
@click.option("--lint", is_flag=True, help="Check the bank, and score its calibration answers.")
@bank_option
@command_options
def questions(
    workbench: Workbench, *, name: str | None, answer: str | None, lint: bool, bank: Path | None
) -> Any:
    """List the questions, show one, score a written answer to it, or check the bank.

    With `--lint` the exit code is 5 if anything is wrong.
    """
    from workbench.cli import question_bank  # noqa: PLC0415  said above
    from workbench.interview.questions import default_bank  # noqa: PLC0415

    folder = bank or default_bank()
    if lint:
        return question_bank.check(workbench, folder)
    if name is None:
        if answer is not None:
            raise UsageProblem("--answer needs the question: workbench interview questions ID --answer FILE")
        return question_bank.show_all(workbench, folder)
    question = question_bank.find(folder, name)
    if answer is None:
        return question_bank.show(workbench, question)
    return question_bank.score_answer(workbench, question, answer)
