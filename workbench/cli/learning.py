"""The course: `lesson` and what belongs to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from prompt_toolkit import PromptSession

from workbench.cli.authoring import lint, new
from workbench.cli.context import Workbench, command_options
from workbench.cli.stage import LiveStage
from workbench.cli.stepping import (
    back,
    classroom,
    course_option,
    hint,
    next_,
    skip,
    solution,
    with_open_lesson,
)
from workbench.cli.tables import print_rows
from workbench.course.page import Page
from workbench.course.player import Player
from workbench.course.progress import ProgressFile, decode, encode
from workbench.documents import DocumentProblem
from workbench.errors import FailedError, UsageProblem

if TYPE_CHECKING:
    from workbench.course.classroom import Classroom


class Keyboard:
    """The learner's keyboard, and the commands that Tab completes."""

    def __init__(self) -> None:
        self._answers: PromptSession[str] = PromptSession()
        self._commands: PromptSession[str] | None = None

    @staticmethod
    def key() -> str:
        """Wait for one key."""
        return click.getchar()

    def line(self, prompt: str, *, commands: bool = False) -> str:
        """Wait for a line; one of `commands` can be completed."""
        if not commands:
            return self._answers.prompt(prompt)
        if self._commands is None:
            from workbench.cli.prompt import CommandCompleter  # noqa: PLC0415  only a terminal pays for it

            self._commands = PromptSession(completer=CommandCompleter())
        return self._commands.prompt(prompt)


@click.group(invoke_without_command=True)
@course_option
@command_options
@click.pass_context
def lesson(context: click.Context, workbench: Workbench, *, course: Path | None) -> None:
    """Learn by doing, in lessons. Bare `lesson` goes on where you left."""
    if context.invoked_subcommand is None:
        _sit_down(workbench, course, None)


def _row(name: str, title: str, part: str, minutes: int, state: str) -> dict[str, Any]:
    return {"lesson": name, "title": title, "part": part, "minutes": minutes, "state": state}


@lesson.command("list")
@course_option
@command_options
def list_(workbench: Workbench, *, course: Path | None) -> None:
    """Name the lessons, and how far you are."""
    with LiveStage(workbench) as stage:
        room = classroom(workbench, course, stage)
        rows: list[dict[str, Any]] = []
        for name in room.library.names():
            try:
                found = room.library.lesson(name)
            except DocumentProblem as exc:
                workbench.note(f"workbench: {exc}")
                rows.append(_row(name, "(broken)", "", 0, "see `lesson lint`"))
                continue
            record = room.course.lessons.get(name)
            at = f"step {record.step + 1} of {len(found.steps)}" if record else ""
            state = "done" if record and record.completed else at
            rows.append(_row(name, found.matter.title, found.matter.part, found.matter.minutes, state))
    if workbench.json:
        workbench.emit(rows)
        return
    print_rows(
        workbench.out,
        ("lesson", "title", "walkthrough", "min", ""),
        [(row["lesson"], row["title"], row["part"], str(row["minutes"]), row["state"]) for row in rows],
    )
    workbench.out.print("\nBegin with `lesson start NN`, go on with `lesson`.", markup=False)


@lesson.command()
@click.argument("name")
@course_option
@command_options
def start(workbench: Workbench, *, name: str, course: Path | None) -> None:
    """Begin lesson NAME (or its number), or go on with it."""
    _sit_down(workbench, course, name)


def _sit_down(workbench: Workbench, course: Path | None, name: str | None) -> None:
    with LiveStage(workbench) as stage:
        room, page = classroom(workbench, course, stage), Page(workbench.out)
        room.open(name)
        if name is not None and room.record.completed:
            room.record.completed, room.record.step = False, 0
            room.begin_step()
        if workbench.json:
            workbench.emit(_as_json(room))
            return
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            page.step(room)
            workbench.note(
                "no terminal here: `lesson next`, `back`, `hint`, `solution` and `skip` take it step by step"
            )
            return
        _play(workbench, room, page, stage)


def _play(workbench: Workbench, room: Classroom, page: Page, stage: LiveStage) -> None:
    try:
        finished = Player(room, page, Keyboard(), stage).play()
    except KeyboardInterrupt:
        workbench.note("\nkept; `workbench lesson` goes on here")
        raise
    if finished:
        page.line("")
        page.line(
            "This lesson is done. `workbench lesson` goes on with the next, `lesson list` shows all.", "bold"
        )
    else:
        workbench.note("kept; `workbench lesson` goes on here")


def _as_json(room: Classroom) -> dict[str, object]:
    assert room.lesson is not None  # noqa: S101  it was opened
    step = room.step
    return {
        "lesson": room.lesson.name,
        "step": room.record.step + 1,
        "steps": len(room.lesson.steps),
        "kind": step.kind,
        "prose": step.prose,
        "block": step.block,
        "state": room.step_record.state,
    }


@lesson.command()
@course_option
@command_options
def status(workbench: Workbench, *, course: Path | None) -> None:
    """Show the step where you are."""

    def act(room: Classroom, page: Page, _stage: LiveStage) -> None:
        if workbench.json:
            workbench.emit(_as_json(room))
        else:
            page.step(room)

    with_open_lesson(workbench, course, act)


@lesson.command()
@click.argument("name", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@course_option
@command_options
def reset(workbench: Workbench, *, name: str | None, yes: bool, course: Path | None) -> None:
    """Forget the progress of lesson NAME, or of all lessons."""
    what = f"the progress of {name}" if name else "all progress of this course"
    if not yes:
        if not sys.stdin.isatty():
            raise UsageProblem(f"this forgets {what}: say --yes")
        click.confirm(f"Forget {what}?", abort=True, err=True)
    with LiveStage(workbench) as stage:
        classroom(workbench, course, stage).reset(name)
    workbench.note(f"forgotten: {what}")


@lesson.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@command_options
def export(workbench: Workbench, *, file: Path) -> None:
    """Write your progress to FILE, for another machine."""
    with LiveStage(workbench) as stage:
        progress = classroom(workbench, None, stage).progress
    try:
        file.write_bytes(encode(progress))
    except OSError as exc:
        raise FailedError(f"{file} cannot be written ({exc.strerror}): name another") from None
    workbench.note(f"progress written to {file}")


@lesson.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@command_options
def import_(workbench: Workbench, *, file: Path) -> None:
    """Take progress from FILE; what was here is kept aside."""
    try:
        progress = decode(file.read_bytes())
    except UsageProblem as exc:
        raise UsageProblem(f"{file} cannot be taken: {exc}") from None
    aside = ProgressFile(workbench.paths.progress).replace(progress)
    workbench.note(
        f"progress taken from {file}" + (f"; the old one is kept as {aside.name}" if aside else "")
    )


for _command in (next_, back, skip, hint, solution, lint, new):
    lesson.add_command(_command)
