"""Proves a bank: every question reads, and its calibration answers score as their author said."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from workbench.course.library import Library
from workbench.documents import DocumentProblem, decode_toml, line_of
from workbench.interview.consistency import slips
from workbench.interview.grading import grade
from workbench.interview.questions import Text, inspect_question, question_files, read_text
from workbench.interview.score import MAX_ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from workbench.interview.questions import Question

Kind = Literal["strong", "weak", "filler", "keywords", "wrong"]
ORDER: tuple[Kind, ...] = ("strong", "weak", "filler")


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer, and the percent that it must get, both ends included."""

    kind: Kind
    band: tuple[float, float]
    text: Text

    def __post_init__(self) -> None:
        """Refuse what could never be scored as it should."""
        if self.band[0] > self.band[1]:
            raise ValueError("`band` is [least, most]")
        if len(self.text) > MAX_ANSWER:
            raise ValueError(f"an answer has at most {MAX_ANSWER:,} characters")


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The calibration answers of one question."""

    answer: list[Answer]


class Calibrated(msgspec.Struct, frozen=True):
    """What one calibration answer got."""

    question: str
    kind: str
    band: tuple[float, float]
    percent: float
    line: int

    @property
    def fits(self) -> bool:
        """Say whether it is in its band."""
        return self.band[0] <= self.percent <= self.band[1]


def lint(
    folder: Path, problem_of: Callable[[str], str | None]
) -> tuple[list[Calibrated], list[DocumentProblem]]:
    """Read a bank and score its calibration answers; give what they got, and everything that is wrong.

    `problem_of` says what is wrong with a command line, or None.

    Raises:
        UsageProblem: If there is no bank.
    """
    scored: list[Calibrated] = []
    problems: list[DocumentProblem] = []
    lessons = _lessons_of(folder)
    for file in question_files(folder):
        try:
            question, found = inspect_question(file)
            problems += [
                *found,
                *_slips(question, file, lessons),
                *_wrong_commands(question, file, problem_of),
            ]
            results, found = calibrate(question, folder / "answers" / file.name)
        except DocumentProblem as problem:
            problems.append(problem)
            continue
        scored += results
        problems += found
    return scored, problems


def _lessons_of(bank: Path) -> list[str]:
    """List the lessons of the course in whose folder a bank lies; none if it lies elsewhere."""
    return Library(bank.absolute().parent).names() if bank.is_dir() else []


def _slips(question: Question, file: Path, lessons: Sequence[str]) -> Iterator[DocumentProblem]:
    text = read_text(file)
    return (DocumentProblem(file, line_of(text, path), what) for path, what in slips(question, lessons))


def _wrong_commands(
    question: Question, file: Path, problem_of: Callable[[str], str | None]
) -> Iterator[DocumentProblem]:
    text = read_text(file)
    for number, follow_up in enumerate(question.follow_up):
        if follow_up.show is None:
            continue
        path = f"follow_up[{number}].show"
        lines = [(f"{path}.solution", line) for line in follow_up.show.solution]
        lines += [
            (f"{path}.check[{at}].command", each.command)
            for at, each in enumerate(follow_up.show.check)
            if each.command
        ]
        for where, line in lines:
            problem = problem_of(line)
            if problem is not None:
                yield DocumentProblem(file, line_of(text, where), f"`{line}` is no command: {problem}")


def calibrate(question: Question, file: Path) -> tuple[list[Calibrated], list[DocumentProblem]]:
    """Score the calibration answers of one question.

    Raises:
        DocumentProblem: If the file cannot be read.
    """
    if not file.exists():
        raise DocumentProblem(
            file, 1, f"is missing: write five [[answer]] for {question.id}, before its rubric"
        )
    text = read_text(file)
    answers = decode_toml(text, Answers, file).answer
    scored, problems = [], []
    for at, answer in enumerate(answers):
        line = line_of(text, f"answer[{at}].band")
        result = Calibrated(question.id, answer.kind, answer.band, grade(question, answer.text).percent, line)
        scored.append(result)
        if not result.fits:
            low, high = answer.band
            what = f"the {answer.kind} answer gets {result.percent:g} percent, outside its band {low:g} to {high:g}"
            problems.append(DocumentProblem(file, line, what))
    missing = [kind for kind in get_args(Kind) if kind not in {answer.kind for answer in answers}]
    if missing:
        problems.append(DocumentProblem(file, 1, f"write an [[answer]] of kind {', '.join(missing)}"))
    problems += [DocumentProblem(file, line_of(text, path), what) for path, what in _mistakes(answers)]
    return scored, problems


def _mistakes(answers: Sequence[Answer]) -> Iterator[tuple[str, str]]:
    """List what makes answers prove nothing: bands that do not order them, and the same text twice."""
    seen: dict[str, int] = {}
    for at, answer in enumerate(answers):
        words = " ".join(answer.text.lower().split())
        if words in seen:
            number = seen[words] + 1
            yield (
                f"answer[{at}].text",
                f"this is answer {number} again: write another one, of kind {answer.kind}",
            )
        seen.setdefault(words, at)
    for better, worse in pairwise(ORDER):
        above = [each.band for each in answers if each.kind == better]
        for at, answer in enumerate(answers):
            if answer.kind != worse:
                continue
            least, most = answer.band
            if any(low <= least or high < most for low, high in above):
                yield f"answer[{at}].band", f"the band of {worse} lies below that of {better}, at both ends"
