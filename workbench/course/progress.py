"""How far the learner is: one text file with a version, written in one step after every step of a lesson."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import FailedError, UsageProblem

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1


class Mark(msgspec.Struct, frozen=True):
    """The moment when a step began: only what the journal of `run` shows after `t_ns` counts for its checks."""

    run: str
    t_ns: int


class StepRecord(msgspec.Struct):
    """What became of a step: open, done or skipped; the answer to a prediction, and whether it was right."""

    state: str = "open"
    answer: str = ""
    right: bool | None = None
    hints: int = 0
    solution_seen: bool = False


class LessonRecord(msgspec.Struct):
    """What became of a lesson. `step` is the place (from 0) where the learner is."""

    step: int = 0
    steps: dict[int, StepRecord] = {}
    mark: Mark | None = None
    completed: bool = False

    def at(self, step: int) -> StepRecord:
        """Give the record of a step, made if it is not there."""
        return self.steps.setdefault(step, StepRecord())


class Course(msgspec.Struct):
    """What became of a course. `current` is the lesson that a bare `lesson` resumes."""

    current: str | None = None
    lessons: dict[str, LessonRecord] = {}


class Progress(msgspec.Struct):
    """The file: courses by their folder, the workbench's own under the empty name."""

    version: int = VERSION
    courses: dict[str, Course] = {}

    def course(self, key: str) -> Course:
        """Give a course's record, made if it is not there."""
        return self.courses.setdefault(key, Course())


class _Head(msgspec.Struct):
    version: int


def encode(progress: Progress) -> bytes:
    """Write progress as text that a person can read."""
    return msgspec.json.format(msgspec.json.encode(progress), indent=2) + b"\n"


def decode(text: bytes) -> Progress:
    """Read progress.

    Raises:
        UsageProblem: If it is of a newer version, or damaged.
    """
    try:
        version = msgspec.json.decode(text, type=_Head).version
        if version > VERSION:
            raise UsageProblem(
                f"it is of version {version}, and this workbench knows versions up to {VERSION}: use a newer workbench"
            )
        return msgspec.json.decode(text, type=Progress)
    except msgspec.DecodeError as exc:
        raise UsageProblem(f"it is damaged ({exc})") from None


class ProgressFile:
    """The file under a home. What cannot be read is kept aside, never overwritten; `said` then tells so."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said = ""

    def load(self) -> Progress:
        """Read the file; without one, or with one that makes no sense, nothing was learned yet.

        Raises:
            FailedError: If something else stands in its place.
        """
        try:
            return decode(self.path.read_bytes())
        except FileNotFoundError:
            return Progress()
        except OSError as exc:
            raise FailedError(f"{self.path} cannot be read ({exc.strerror}): move it away") from None
        except UsageProblem as exc:
            aside = self._aside("unread")
            self.path.rename(aside)
            self.said = f"the progress file cannot be read: {exc}. It was kept as {aside.name}; starting anew"
            return Progress()

    def save(self, progress: Progress) -> None:
        """Write the file so that a power cut leaves the old one or the new one, whole.

        Raises:
            FailedError: If it cannot be written.
        """
        try:
            self._write(encode(progress))
        except OSError as exc:
            raise FailedError(
                f"{self.path} cannot be written ({exc.strerror}): give another --home"
            ) from None

    def _write(self, text: bytes) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".new")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)

    def replace(self, progress: Progress) -> Path | None:
        """Write other progress in its place; the old file is kept aside and named."""
        aside = None
        if self.path.exists():
            aside = self._aside("before-import")
            self.path.rename(aside)
        self.save(progress)
        return aside

    def _aside(self, why: str) -> Path:
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}.{why}-{number}.json")).exists():
            number += 1
        return aside
