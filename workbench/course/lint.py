"""Proves that lessons work: what can be read off the text, and what only a live cluster can show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec
from rich.cells import cell_len

from workbench.course.classroom import Classroom, judge
from workbench.course.lesson import Diagram, Do, Predict, Run
from workbench.documents import DocumentProblem
from workbench.errors import Exit, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.course.lesson import Lesson, Step
    from workbench.course.library import Library

COLUMNS = 80
PROMPT = "workbench> "
NOT_INSIDE = ("up", "down", "reset", "lesson", "interview", "exit", "quit")
"""Commands that would end the cluster under the lesson, or begin another sitting inside it."""
INDENT = 4


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, where."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class Cluster(Protocol):
    """What running a lesson needs."""

    def perform(self, line: str) -> Exit:
        """Run a command line."""


def read(
    library: Library, names: list[str], problem_of: Callable[[str], str | None]
) -> tuple[list[Lesson], list[Problem]]:
    """Read lessons and check what their text shows. `problem_of` says what is wrong with a command line."""
    lessons, problems = [], []
    known = library.names()
    for name in names:
        try:
            lesson = library.lesson(name)
        except DocumentProblem as exc:
            problems.append(Problem(str(exc.file), exc.line, exc.text))
            continue
        lessons.append(lesson)
        lines = (library.folder / name / "lesson.md").read_text(encoding="utf-8").splitlines()
        problems += [
            Problem(
                lesson.file, _line_of(need, lines, 1), f"`needs` names {need!r}, and there is no such lesson"
            )
            for need in lesson.matter.needs
            if need not in known
        ]
        for step in lesson.steps:
            problems += [Problem(lesson.file, line, text) for line, text in _of_text(step, problem_of, lines)]
    return lessons, problems


def _line_of(text: str, lines: list[str], begin: int) -> int:
    """Find the line from `begin` on that holds a text."""
    return next((number for number, line in enumerate(lines, 1) if number >= begin and text in line), begin)


def _of_text(
    step: Step, problem_of: Callable[[str], str | None], lines: list[str]
) -> Iterator[tuple[int, str]]:
    for block_line, command in _commands(step):
        line = _line_of(command.removeprefix("diagram "), lines, block_line)
        yield from ((line, text) for text in _of_command(command, problem_of))
    for offset, text in enumerate(step.prose.splitlines()):
        if cell_len(text) > COLUMNS and (text.startswith("    ") or "|" in text):
            yield (
                step.line + offset,
                f"this line is not wrapped and has {cell_len(text)} columns: at most {COLUMNS}",
            )
    match step.block:
        case Do():
            if not step.solution:
                yield step.block_line, "a `do` needs a `solution` block behind it"
            if not step.hints:
                yield step.block_line, "a `do` needs at least one `hint` block behind it"
        case Predict() as block:
            yield from ((step.block_line, text) for text in _of_prediction(block))
        case _:
            pass


def _of_command(command: str, problem_of: Callable[[str], str | None]) -> Iterator[str]:
    if command.split(maxsplit=1)[0] in NOT_INSIDE:
        yield f"`{command}` has no place in a lesson: it would end its cluster, or sit down inside it"
    elif found := problem_of(command):
        yield f"`{command}` is no command of the workbench: {found}"
    if cell_len(PROMPT + command) > COLUMNS:
        yield f"a command fits {COLUMNS - len(PROMPT)} columns; this one has {cell_len(command)}"


def _of_prediction(block: Predict) -> Iterator[str]:
    for option in (*block.choice, *block.order):
        if cell_len(option) > COLUMNS - INDENT - 1:
            yield f"an option fits {COLUMNS - INDENT - 1} columns: {option!r}"
    if block.by_run:
        return
    right = (
        block.order or [str(block.answer)] if block.number is None else [f"{block.number:.10g} {block.unit}"]
    )
    text = " ".join(str(place) for place in range(1, len(right) + 1)) if block.order else right[0]
    try:
        if not judge(block, text, block.order).right:
            yield f"its own answer {text!r} is not judged right"
    except UsageProblem as exc:
        yield f"its own answer {text!r} cannot be read: {exc}"


def _commands(step: Step) -> Iterator[tuple[int, str]]:
    match step.block:
        case Run(commands):
            yield from ((step.block_line, command) for command in commands)
        case Diagram(arguments):
            yield step.block_line, f"diagram {arguments}"
        case Do(_task, checks):
            yield from ((step.block_line, check.command) for check in checks if check.command)
        case _:
            pass
    yield from ((step.block_line, command) for command in step.solution)


def play(room: Classroom, cluster: Cluster, lesson: Lesson, told: Callable[[str], None]) -> list[Problem]:
    """Take a lesson to its end on a live cluster, as a learner who uses every solution; tell each step before it."""
    problems: list[Problem] = []
    room.open(lesson.name)
    while True:
        step = room.step
        told(f"{lesson.name}: step {room.record.step + 1} of {len(lesson.steps)}, {step.kind}")
        problems += [
            Problem(lesson.file, step.block_line or step.line, text) for text in _take(room, cluster, step)
        ]
        if not room.done():
            return problems


def _take(room: Classroom, cluster: Cluster, step: Step) -> Iterator[str]:
    match step.block:
        case Run(commands):
            yield from _perform(cluster, commands)
            yield from (
                f"the prediction {found.block.ask!r} found no number in the journal"  # type: ignore[union-attr]  # it predicts
                for found, judged in room.resolve_predictions()
                if judged.right is None
            )
        case Diagram(arguments):
            yield from _perform(cluster, [f"diagram {arguments}"])
        case Predict() as block if block.by_run:
            room.predict("1")
        case Do():
            if all(outcome.passed for outcome in room.check(settle_s=0.0)):
                yield "passes before anything was done: its checks do not look at what the learner does"
            yield from _perform(cluster, step.solution)
            yield from (
                f"the solution does not pass: {outcome.sentence}"
                for outcome in room.check()
                if not outcome.passed
            )
        case _:
            pass


def _perform(cluster: Cluster, commands: list[str]) -> Iterator[str]:
    for command in commands:
        code = cluster.perform(command)
        if code is not Exit.DONE:
            yield f"`{command}` ended with exit code {code.value}"
