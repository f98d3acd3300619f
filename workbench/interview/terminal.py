"""The learner's end of an interview: reads answers of several lines, single keys and single lines from a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec
from prompt_toolkit import PromptSession
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys

from workbench.interview.score import MAX_ANSWER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyPressEvent
    from prompt_toolkit.output import Output

Kind = Literal["answer", "hint", "skip", "quit"]

COMMANDS: dict[str, Kind] = {"?": "hint", ":skip": "skip", ":quit": "quit"}
FOOTER = "two empty lines or Ctrl-D: done | ? hint | :skip | :quit"
NARROW_FOOTER = "? :skip :quit"
ENTER = "enter"


class InterruptedAnswer(KeyboardInterrupt):
    """Ctrl-C in mid-answer, with what had been written."""

    def __init__(self, draft: str) -> None:
        super().__init__()
        self.draft = draft


class LeaveError(Exception):
    """The learner leaves before the end."""


class Said(msgspec.Struct, frozen=True):
    """An answer, or a command typed on a line of its own, with what else had been written.

    `left_out` counts the characters that were refused because an answer cannot be that long.
    """

    kind: Kind
    text: str
    left_out: int = 0


class Screen(Protocol):
    """What the interviewer needs of a learner."""

    def answer(self, draft: str = "") -> Said:
        """Read an answer. Raises `InterruptedAnswer` at Ctrl-C."""

    def key(self, prompt: str, keys: Iterable[str]) -> str:
        """Read one of these keys, or `ENTER`; Ctrl-D is `q`. Raises `KeyboardInterrupt` at Ctrl-C."""

    def line(self, prompt: str) -> str:
        """Read one line, empty at Ctrl-D. Raises `KeyboardInterrupt` at Ctrl-C."""


def split_command(text: str, row: int) -> Said | None:
    """Take a command on that line out of a text."""
    lines = text.split("\n")
    kind = COMMANDS.get(lines[row].strip())
    return None if kind is None else Said(kind, "\n".join([*lines[:row], *lines[row + 1 :]]))


def ends_twice_empty(text: str) -> bool:
    """Say whether the last two lines are empty: one alone parts the arrows of an answer from its prose."""
    lines = text.split("\n")
    return len(lines) > 1 and not (lines[-1].strip() or lines[-2].strip())


class Terminal:
    """The learner at a real terminal."""

    def __init__(self, source: Input | None = None, output: Output | None = None) -> None:
        self._source = source
        self._output = output
        self._note = ""
        self._left_out = 0

    def answer(self, draft: str = "") -> Said:
        """Read an answer of several lines; an empty line after an empty line, or Ctrl-D, ends it."""
        self._note, self._left_out = "", 0
        session: PromptSession[Said] = PromptSession(
            "> ",
            multiline=True,
            key_bindings=self._answer_keys(),
            prompt_continuation="  ",
            bottom_toolbar=lambda: self._note or self._footer(session.output),
            input=self._source,
            output=self._output,
        )
        said = session.prompt(default=draft)
        return msgspec.structs.replace(said, left_out=self._left_out)

    def key(self, prompt: str, keys: Iterable[str]) -> str:
        """Read one key."""
        bindings = KeyBindings()

        @bindings.add(Keys.Any)
        def _ignore(_event: KeyPressEvent) -> None:
            """Wait for a key that means something."""

        def bind(key: str, result: str) -> None:
            @bindings.add(key)
            def _chosen(event: KeyPressEvent) -> None:
                event.app.exit(result=result)

        for each in keys:
            bind(each, each)
        bind("enter", ENTER)
        bind("c-d", "q")
        session: PromptSession[str] = PromptSession(
            f"{prompt} ", key_bindings=bindings, input=self._source, output=self._output
        )
        return session.prompt()

    def line(self, prompt: str) -> str:
        """Read one line."""
        session: PromptSession[str] = PromptSession(prompt, input=self._source, output=self._output)
        try:
            return session.prompt()
        except EOFError:
            return ""

    def _footer(self, output: Output) -> str:
        return FOOTER if output.get_size().columns > len(FOOTER) else NARROW_FOOTER

    def _answer_keys(self) -> KeyBindings:
        bindings = KeyBindings()

        @bindings.add("enter")
        def _enter(event: KeyPressEvent) -> None:
            buffer, document = event.current_buffer, event.current_buffer.document
            command = split_command(buffer.text, document.cursor_position_row)
            if command is not None:
                event.app.exit(result=command)
            elif document.is_cursor_at_the_end and ends_twice_empty(buffer.text):
                event.app.exit(result=Said("answer", buffer.text))
            else:
                self._insert(buffer, "\n")

        @bindings.add("c-d")
        def _done(event: KeyPressEvent) -> None:
            event.app.exit(result=Said("answer", event.current_buffer.text))

        @bindings.add("c-c")
        @bindings.add("<sigint>")
        def _interrupted(event: KeyPressEvent) -> None:
            event.app.exit(exception=InterruptedAnswer(event.current_buffer.text))

        @bindings.add(Keys.BracketedPaste)
        def _pasted(event: KeyPressEvent) -> None:
            self._insert(event.current_buffer, event.data.replace("\r\n", "\n").replace("\r", "\n"))

        @bindings.add(Keys.Any)
        def _typed(event: KeyPressEvent) -> None:
            self._insert(event.current_buffer, event.data)

        return bindings

    def _insert(self, buffer: Buffer, text: str) -> None:
        """Insert what fits in an answer, and refuse the rest before the editor has to lay it out."""
        if len(buffer.text) + len(text) <= MAX_ANSWER:
            buffer.insert_text(text)
        else:
            self._left_out += len(text)
            self._note = f"left out: {self._left_out:,} characters; an answer has at most {MAX_ANSWER:,}"
