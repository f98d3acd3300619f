"""One step at a time, where there is no terminal to sit at: `lesson next`, `back`, `skip`, `hint`, `solution`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.context import Workbench, command_options
from workbench.cli.stage import LiveStage
from workbench.course.classroom import Classroom, Stage
from workbench.course.lesson import Diagram, Do, Predict, Run
from workbench.course.library import Library
from workbench.course.page import Page
from workbench.course.progress import ProgressFile
from workbench.errors import CheckFailedError, Exit, FailedError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable


course_option = click.option(
    "--course",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with lessons of somebody else: NN-name/lesson.md. Default: the workbench's own.",
)


def classroom(workbench: Workbench, course: Path | None, stage: LiveStage) -> Classroom:
    """Open the classroom of a course."""
    file = ProgressFile(workbench.paths.progress)
    room = Classroom(Library(course), file, Stage(stage.events, stage.now, stage.answer))
    if file.said:
        workbench.note(file.said)
    return room


def with_open_lesson(
    workbench: Workbench, course: Path | None, act: Callable[[Classroom, Page, LiveStage], None]
) -> None:
    """Open the lesson where the learner is, and act on it."""
    with LiveStage(workbench) as stage:
        room = classroom(workbench, course, stage)
        room.open(None)
        act(room, Page(workbench.out), stage)


@click.command("next")
@click.option("--answer", help="Your answer, where the step asks for one.")
@course_option
@command_options
def next_(workbench: Workbench, *, answer: str | None, course: Path | None) -> None:
    """Do what the step asks (run it, check it, take --answer), and go on to the next."""

    def act(room: Classroom, page: Page, stage: LiveStage) -> None:
        _take(room, page, stage, answer)
        _go_on(workbench, room, page, "done")

    with_open_lesson(workbench, course, act)


def _take(room: Classroom, page: Page, stage: LiveStage, answer: str | None) -> None:
    match room.step.block:
        case Run() | Diagram() as block:
            assert room.lesson is not None  # noqa: S101  it was opened
            stage.ensure(room.lesson.matter)
            room.begin_step()
            commands = block.commands if isinstance(block, Run) else [f"diagram {block.arguments}"]
            for command in commands:
                page.line(f"workbench> {command}", "bold")
                if stage.perform(command) is not Exit.DONE:
                    raise FailedError(
                        f"`{command}` did not work: mend what it says, then `lesson next` again"
                    )
            for step, judged in room.resolve_predictions():
                assert isinstance(step.block, Predict)  # noqa: S101  it predicts
                page.judged(judged, step.block.because)
        case Predict() as block:
            if answer is None:
                raise UsageProblem("this step asks for an answer: `lesson next --answer …`, or `lesson skip`")
            page.judged(room.predict(answer), block.because)
        case Do() if room.step_record.state != "done":
            outcomes = room.check()
            page.outcomes(outcomes)
            if not all(outcome.passed for outcome in outcomes):
                raise CheckFailedError("not done yet: `lesson hint`, `lesson solution` or `lesson skip` help")
        case _:
            pass


def _go_on(workbench: Workbench, room: Classroom, page: Page, state: str) -> None:
    if room.done(state):
        page.step(room)
    else:
        workbench.note("this lesson is done: `workbench lesson` goes on with the next")


@click.command()
@course_option
@command_options
def back(workbench: Workbench, *, course: Path | None) -> None:
    """Go back one step, and show it."""

    def act(room: Classroom, page: Page, _stage: LiveStage) -> None:
        room.move(-1)
        page.step(room)

    with_open_lesson(workbench, course, act)


@click.command()
@course_option
@command_options
def skip(workbench: Workbench, *, course: Path | None) -> None:
    """Go on without doing the step."""
    with_open_lesson(workbench, course, lambda room, page, _stage: _go_on(workbench, room, page, "skipped"))


@click.command()
@course_option
@command_options
def hint(workbench: Workbench, *, course: Path | None) -> None:
    """Show the next hint of the step; after the last one, the first again."""
    with_open_lesson(
        workbench,
        course,
        lambda room, page, _stage: page.line(room.hint() or "There is no hint for this step."),
    )


@click.command()
@course_option
@command_options
def solution(workbench: Workbench, *, course: Path | None) -> None:
    """Show the commands that solve the step."""

    def act(room: Classroom, page: Page, _stage: LiveStage) -> None:
        room.step_record.solution_seen = True
        room.save()
        for command in room.step.solution or ["there is none for this step"]:
            page.line(command)

    with_open_lesson(workbench, course, act)
