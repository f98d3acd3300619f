"""Reads `lesson.md`: TOML front matter, Markdown, and fenced blocks. Every mistake has a file and a line. Pure."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from workbench.course.lesson import TEXT_BLOCKS, Diagram, Do, Lesson, Matter, Predict, Run, Step
from workbench.documents import DocumentProblem, decode_toml

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from markdown_it.token import Token

    from workbench.course.lesson import Block

FENCE = "+++"
BLOCKS = ("run", "predict", "do", "diagram", "hint", "solution", "say")
PLAIN = ("", "text", "console", "json")
"""Fences that are only shown."""


def parse(name: str, text: str, file: Path | str) -> Lesson:
    """Read a lesson.

    Raises:
        DocumentProblem: If it is broken; the message says what to write instead.
    """
    lines = text.splitlines()
    if not lines or lines[0] != FENCE or FENCE not in lines[1:]:
        raise DocumentProblem(file, 1, f"a lesson begins with front matter between two lines `{FENCE}`")
    end = lines.index(FENCE, 1)
    matter = decode_toml("\n".join(lines[1:end]), Matter, file, first_line=2)
    body = lines[end + 1 :]
    steps = _Cutter(body, end + 2, file).cut()
    if not steps:
        raise DocumentProblem(file, end + 2, "a lesson needs prose or blocks behind its front matter")
    return Lesson(name, str(file), matter, steps)


class _Cutter:
    """Cuts the body at our blocks and before second-level headings; hints and solutions join what is before them."""

    def __init__(self, body: Sequence[str], first_line: int, file: Path | str) -> None:
        self._body = body
        self._first_line = first_line
        self._file = file
        self._begin = 0
        self._steps: list[Step] = []

    def cut(self) -> list[Step]:
        for token in MarkdownIt().parse("\n".join(self._body)):
            if token.map is None:
                continue
            if token.type == "heading_open" and token.tag == "h2":
                self._read(token.map[0])
            elif token.type == "fence" and token.info.strip() not in PLAIN:
                self._fence(token, *token.map)
        self._read(len(self._body))
        return self._steps

    def _prose(self, until: int) -> str:
        return "\n".join(self._body[self._begin : until]).strip("\n")

    def _read(self, until: int) -> None:
        if text := self._prose(until):
            self._steps.append(Step(self._first_line + self._begin, text))
            self._begin = until

    def _fence(self, token: Token, start: int, end: int) -> None:
        kind, line = token.info.strip(), self._first_line + start
        if kind not in BLOCKS:
            raise DocumentProblem(
                self._file, line, f"no block is called {kind!r}: write one of {', '.join(BLOCKS)}"
            )
        if kind not in ("hint", "solution"):
            block = _block(kind, token, line, self._file)
            self._steps.append(Step(self._first_line + self._begin, self._prose(start), block, line))
        elif self._steps and isinstance(self._steps[-1].block, Do | Predict) and not self._prose(start):
            self._steps[-1] = _joined(self._steps[-1], kind, token, line, self._file)
        else:
            raise DocumentProblem(
                self._file, line, f"a `{kind}` stands directly behind a `do` or a `predict`"
            )
        self._begin = end


def _joined(step: Step, kind: str, token: Token, line: int, file: Path | str) -> Step:
    hints, solution = list(step.hints), list(step.solution)
    if kind == "hint":
        hints.append(token.content.strip())
    elif isinstance(step.block, Predict):
        raise DocumentProblem(file, line, "a `predict` tells its solution in `because`; write that instead")
    else:
        solution += _commands(token.content, line, file)
    return Step(step.line, step.prose, step.block, step.block_line, hints, solution)


def _block(kind: str, token: Token, line: int, file: Path | str) -> Block:
    if kind == "run":
        return Run(_commands(token.content, line, file))
    if kind == "diagram":
        return Diagram(_commands(token.content, line, file)[0])
    decoded: Any = decode_toml(token.content, TEXT_BLOCKS[kind], file, first_line=line + 1)
    return decoded  # type: ignore[no-any-return]  # one of the block types


def _commands(text: str, line: int, file: Path | str) -> list[str]:
    found = [each.strip() for each in text.splitlines() if each.strip() and not each.lstrip().startswith("#")]
    if not found:
        raise DocumentProblem(file, line, "an empty block: write a command of the workbench a line")
    return found


def front_matter(title: str) -> str:
    """Write front matter for a new lesson, as TOML."""
    text = f'title = {_quoted(title)}\npart = "Step 1"\nminutes = 5\nneeds = []\n'
    tomllib.loads(text)
    return f"{FENCE}\n{text}{FENCE}\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
