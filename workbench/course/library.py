"""Finds lessons: those of the workbench, or of a course in another folder."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from workbench import content
from workbench.course.parse import parse
from workbench.documents import DocumentProblem
from workbench.errors import UsageProblem

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.course.lesson import Lesson

NAME = re.compile(r"^\d\d-[a-z0-9-]{1,60}$")
MAX_BYTES = 1_000_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Library:
    """The lessons of one folder, in the order of their names."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or content.folder("lessons")
        self.key = "" if folder is None else str(folder.absolute())
        if not self.folder.is_dir():
            raise UsageProblem(f"no folder {self.folder}: a course is a folder of NN-name/lesson.md")

    def names(self) -> list[str]:
        """List the names of the lessons."""
        return sorted(
            path.parent.name for path in self.folder.glob("*/lesson.md") if NAME.match(path.parent.name)
        )

    def find(self, wanted: str) -> str:
        """Give the full name for a name, a number (`3`, `03`), or a part of a name.

        Raises:
            UsageProblem: If there is no such lesson, or several.
        """
        names = self.names()
        if wanted in names:
            return wanted
        number = wanted.zfill(2) if wanted.isdigit() else wanted
        fits = [name for name in names if name.startswith(f"{number}-")] or [
            name for name in names if wanted in name
        ]
        if len(fits) == 1:
            return fits[0]
        near = fits or difflib.get_close_matches(wanted, names, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names) or 'none'}"
        raise UsageProblem(f"no lesson {wanted!r}: {hint}")

    def lesson(self, name: str) -> Lesson:
        """Read a lesson.

        Raises:
            DocumentProblem: If it is broken, or no text.
        """
        path = self.folder / name / "lesson.md"
        try:
            if path.stat().st_size > MAX_BYTES:
                raise DocumentProblem(path, 1, "a lesson has at most a megabyte")
            text = path.read_text(encoding="utf-8")
            if control := _CONTROL.search(text):
                line = text.count("\n", 0, control.start()) + 1
                raise DocumentProblem(
                    path, line, f"a control character, {control[0]!r}: a terminal would obey it"
                )
            return parse(name, text, path)
        except UnicodeDecodeError:
            raise DocumentProblem(path, 1, "this is no UTF-8 text") from None
        except OSError as exc:
            raise DocumentProblem(path, 1, f"cannot be read: {exc.strerror}") from None

    def lessons(self) -> list[Lesson]:
        """Read all."""
        return [self.lesson(name) for name in self.names()]
