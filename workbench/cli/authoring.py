"""For those who write lessons: `lesson lint` and `lesson new`."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import click
from rich.console import Console

from workbench.cli.context import Workbench, command_options
from workbench.cli.language import problem_of
from workbench.cli.stage import LiveStage
from workbench.content import folder
from workbench.course import lint as linting
from workbench.course.classroom import Classroom, Stage
from workbench.course.library import NAME, Library
from workbench.course.parse import front_matter
from workbench.course.progress import ProgressFile
from workbench.errors import CheckFailedError, FailedError, UsageProblem


@click.command()
@click.argument("names", nargs=-1)
@click.option("--static", is_flag=True, help="Only read the text; start no cluster.")
@click.option(
    "--speed", type=click.FloatRange(0.1, 100), default=10.0, show_default=True, help="Of its cluster."
)
@click.option("--course", type=click.Path(file_okay=False, path_type=Path), help="Folder with the lessons.")
@command_options
def lint(
    workbench: Workbench, *, names: tuple[str, ...], static: bool, speed: float, course: Path | None
) -> None:
    """Prove that lessons work: on a cluster of its own every solution passes, and every task fails unsolved."""
    library = Library(course)
    chosen = [library.find(name) for name in names] or library.names()
    lessons, problems = linting.read(library, chosen, problem_of)
    if not static and not problems:
        with tempfile.TemporaryDirectory(prefix="workbench-lint-") as home:
            unseen = Workbench(Path(home), out=_unseen(), notes=_unseen())
            with (
                workbench.notes.status("starting a cluster …") as progress,
                LiveStage(unseen, speed=speed) as stage,
            ):
                stage.ensure()
                room = Classroom(
                    library,
                    ProgressFile(unseen.paths.progress),
                    Stage(stage.events, stage.now, stage.answer),
                )
                for lesson in lessons:
                    problems += linting.play(room, stage, lesson, progress.update)
    if workbench.json:
        workbench.emit({"lessons": chosen, "problems": problems})
    for problem in problems:
        workbench.note(str(problem))
    if problems:
        raise CheckFailedError(f"{len(problems)} problems in {len(chosen)} lessons")
    how = "read" if static else "taken to the end on a cluster"
    workbench.note(f"{len(chosen)} lessons {how}: no problem found")


def _unseen() -> Console:
    return Console(file=io.StringIO(), width=80)


@click.command()
@click.argument("name")
@click.option("--title", help="Default: made from the name.")
@click.option("--course", type=click.Path(file_okay=False, path_type=Path), help="Folder to make it in.")
@command_options
def new(workbench: Workbench, *, name: str, title: str | None, course: Path | None) -> None:
    """Make the folder and the text of a lesson to begin with, such as `lesson new 05-my-topic --course DIR`."""
    if not NAME.match(name):
        raise UsageProblem(f"{name!r}: a lesson is named like 05-my-topic: two digits, then a-z, 0-9 and -")
    path = (course or Path.cwd()) / name / "lesson.md"
    if path.exists():
        raise UsageProblem(f"{path} is there already: nothing was written")
    text = front_matter(title or name[3:].replace("-", " ").capitalize())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            text + (folder("lessons") / "template.md").read_text(encoding="utf-8"), encoding="utf-8"
        )
    except OSError as exc:
        raise FailedError(f"{path} cannot be written ({exc.strerror})") from None
    workbench.note(f"written: {path}; check it with `workbench lesson lint --course {path.parent.parent}`")
