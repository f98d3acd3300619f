"""Reads documents that people write (lessons, questions): TOML into types, and every mistake with file and line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import msgspec

from workbench.errors import UsageProblem

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"unknown field `(?P<field>[^`]+)`")
_SYNTAX = re.compile(r" \(at line (?P<line>\d+), column \d+\)$")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.-]+)\s*=")


class DocumentProblem(UsageProblem):
    """A document cannot be read as it stands: which file, which line, and what to write instead."""

    def __init__(self, file: Path | str, line: int, text: str) -> None:
        super().__init__(f"{file}:{line}: {text}")
        self.file = file
        self.line = line
        self.text = text


def decode_toml(text: str, kind: type[T], file: Path | str, first_line: int = 1) -> T:
    """Read TOML into a type. `first_line` is the line of the file on which the text begins.

    Raises:
        DocumentProblem: If it is no TOML, or does not fit the type.
    """
    try:
        return msgspec.toml.decode(text, type=kind)
    except msgspec.ValidationError as exc:
        said = str(exc)
        found = _PATH.search(said)
        path = found["path"].lstrip(".") if found else ""
        unknown = _UNKNOWN.search(said)
        if unknown:
            path = f"{path}.{unknown['field']}".lstrip(".")
            fields = ", ".join(field.encode_name for field in msgspec.structs.fields(kind))  # type: ignore[arg-type]
            said = f"unknown field `{unknown['field']}`" + (
                f": write one of {fields}" if "." not in path else ""
            )
        where = f" (at {path})" if path else ""
        line = first_line - 1 + line_of(text, path)
        raise DocumentProblem(file, line, _PATH.sub("", said) + where) from None
    except msgspec.DecodeError as exc:
        said = str(exc)
        found = _SYNTAX.search(said)
        line = int(found["line"]) if found else max(text.count("\n"), 1)
        raise DocumentProblem(
            file, first_line - 1 + line, f"this is no TOML: {_SYNTAX.sub('', said)}"
        ) from None


def line_of(text: str, path: str) -> int:
    """Find the line (from 1) where a path such as `rubric[1].points` is written, or its table, or line 1."""
    wanted = path.replace("[...]", "[0]")
    newest: dict[str, int] = {}  # of each array of tables, by its path: the index of its last table so far
    here, best, depth = "", 1, -1
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            parent, _, name = header[2].rpartition(".")
            # `[[a.b]]` and `[a.b]` belong to the newest `[[a]]`.
            here = f"{_indexed(parent, newest)}.{name}".lstrip(".")
            if header[1] == "[[":
                newest[here] = newest.get(here, -1) + 1
                here = f"{here}[{newest[here]}]"
            at = here
        elif key := _KEY.match(line):
            at = f"{here}.{key[1]}".lstrip(".")
        else:
            continue
        if (wanted == at or wanted.startswith((at + ".", at + "["))) and len(at) > depth:
            best, depth = number, len(at)
    return best


def _indexed(path: str, newest: dict[str, int]) -> str:
    found = ""
    for part in filter(None, path.split(".")):
        found = f"{found}.{part}".lstrip(".")
        if found in newest:
            found = f"{found}[{newest[found]}]"
    return found
