"""The questions of a bank: the types behind `<id>.toml`, and reading them with every mistake at its line.

The format is described in `docs/writing-questions.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from workbench import content, quantities
from workbench.course.checks import Check
from workbench.documents import DocumentProblem, decode_toml, line_of
from workbench.errors import UsageProblem
from workbench.interview import architecture
from workbench.interview.consistency import mistakes
from workbench.interview.rubric import Item, Wrong

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1

Text = Annotated[str, msgspec.Meta(min_length=1)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=60)]


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a follow-up fits: if any item named here fared so, or always."""

    met: list[str] = []
    partly: list[str] = []
    missed: list[str] = []
    contradicted: list[str] = []
    wrong: list[str] = []
    always: bool = False

    def __post_init__(self) -> None:
        """Refuse a condition that never holds."""
        if not (self.always or self.items() or self.wrong):
            raise ValueError(
                "`when` is empty: name items, such as { missed = [...] }, or write { always = true }"
            )

    def items(self) -> list[str]:
        """List the items that are named."""
        return [*self.met, *self.partly, *self.missed, *self.contradicted]


class Show(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold on the running cluster, and the commands of the workbench that bring it about."""

    check: list[Check]
    solution: list[str]


class FollowUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A second question that depends on how the first was answered."""

    when: When
    ask: Text
    model: Text
    rubric: list[Item] = []
    show: Show | None = None

    def __post_init__(self) -> None:
        """Refuse what nothing decides."""
        if not self.rubric and self.show is None:
            raise ValueError(
                "a follow-up needs [[follow_up.rubric]] or [follow_up.show]: else nothing scores it"
            )


class Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number that is right within a factor, and the way to it."""

    value: float
    unit: str
    working: str
    within: float = 2.0

    def __post_init__(self) -> None:
        """Refuse what no answer could be compared with."""
        quantities.check_unit(self.unit)
        if self.value <= 0 or self.within < 1:
            raise ValueError("`value` is above 0, and `within` a factor of 1 or more")


class WrongLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link that should not be drawn, and why."""

    link: str
    why: str


class Architecture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The links that an answer needs, those that are right too, and those that are wrong."""

    needs: list[str]
    also_right: list[str] = []
    aliases: dict[str, list[str]] = {}
    wrong: list[WrongLink] = []

    def __post_init__(self) -> None:
        """Refuse links that are none."""
        for text in [*self.needs, *self.also_right, *(each.link for each in self.wrong)]:
            if not architecture.parse(text).links():
                raise ValueError(f"no link in {text!r}: write `phone -> chat server`")
        if not self.needs:
            raise ValueError("`needs` is empty: name the links that an answer must have")

    def expected(self) -> architecture.Expected:
        """Give what an answer is compared with."""
        return architecture.expected(
            self.needs, self.also_right, [(each.link, each.why) for each in self.wrong], self.aliases
        )


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question of the bank. `id` is the file's name, and not written in the file."""

    version: int
    topic: Text
    title: Text
    kind: Literal["text", "number", "architecture"]
    minutes: Minutes
    lesson: Text
    part: Text
    ask: Text
    hints: list[str]
    model: Text
    follow_up: list[FollowUp] = []
    rubric: list[Item] = []
    wrong: list[Wrong] = []
    number: Number | None = None
    architecture: Architecture | None = None
    id: str = ""


class _Versioned(msgspec.Struct):
    version: int


def default_bank() -> Path:
    """Say where the workbench's own bank lies."""
    return content.folder("lessons") / "interview"


def load_bank(folder: Path) -> list[Question]:
    """Read all questions of a folder, in the order of the files' names.

    Raises:
        UsageProblem: If there is no such folder, or no question in it.
        DocumentProblem: If a file cannot be read as a question.
    """
    return [read_question(file) for file in question_files(folder)]


def question_files(folder: Path) -> list[Path]:
    """List the files of a bank.

    Raises:
        UsageProblem: If there is no such folder, or no question in it.
    """
    found = sorted(folder.glob("*.toml"))
    if not found:
        raise UsageProblem(f"no questions in {folder}: a bank is a folder of files such as routing.toml")
    return found


def read_question(file: Path) -> Question:
    """Read one question.

    Raises:
        DocumentProblem: With the first mistake in it.
    """
    question, problems = inspect_question(file)
    if problems:
        raise problems[0]
    return question


def inspect_question(file: Path) -> tuple[Question, list[DocumentProblem]]:
    """Read one question, and list what in it does not fit together.

    Raises:
        DocumentProblem: If it has not even the shape of a question.
    """
    text = read_text(file)
    version = decode_toml(text, _Versioned, file).version
    if version != VERSION:
        raise DocumentProblem(
            file,
            line_of(text, "version"),
            f"version {version} is not understood here: this workbench reads version {VERSION}",
        )
    question = decode_toml(text, Question, file)
    problems = [DocumentProblem(file, line_of(text, path), what) for path, what in mistakes(question)]
    return msgspec.structs.replace(question, id=file.stem), problems


def read_text(file: Path) -> str:
    """Read a file of the bank.

    Raises:
        DocumentProblem: If it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise DocumentProblem(file, 1, "this is no UTF-8 text: save it as UTF-8") from None
    except OSError as exc:
        raise DocumentProblem(file, 1, f"cannot be read: {exc.strerror}") from None
