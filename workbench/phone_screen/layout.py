"""The screen as rows of text: header, conversations, the open conversation, keys. Pure.

At 60 columns and more the conversations stand to the left of the open one; below, there is room for one of the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.phone_screen.cells import cut, pad, safe, width_of
from workbench.phone_screen.conversation import Line, lines_of, scrolled, window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.phone_screen.look import Look
    from workbench.phone_screen.model import Book, Conversation, Message, State

Row = list[tuple[str, str]]
"""Pieces of a row: style and text. No style is a colour."""

PLAIN, STRONG = "", "bold"
TWO_PANES = 60
LIST_CELLS = (22, 34)
KEYS = ("Esc leave", "Tab chat", "Enter send", "PgUp/PgDn scroll", "/help")


def link_of(state: State) -> tuple[str, str]:
    """Say how a phone is connected, in full and in short."""
    if state.problem:
        full, short = f"offline: {state.problem}", "offline"
    elif state.link == "online":
        full, short = f"connected to {state.server}", "connected"
    elif state.link == "backoff":
        full, short = "offline, waits to connect again", "offline"
    else:
        full = short = "connecting" if state.link in ("connecting", "authenticating") else "offline"
    app = [state.app] if state.app not in (None, "foreground") else []
    network = ["no network"] if state.network == "none" else []
    return ", ".join([full, *app, *network]), ", ".join([short, *app, *network])


def header(state: State, clock: str, width: int, look: Look) -> str:
    """Give the first line: who, how connected, what time it is."""
    full, short = (state.user + look.between + safe(each) for each in link_of(state))
    for text in (full, short):
        if width_of(text) + 1 + width_of(clock) <= width:
            return pad(text, width - width_of(clock)) + clock
    return pad(cut(short, width, ellipsis=look.ellipsis), width)


def keys(width: int) -> str:
    """Give the keys that fit into a line, the most needed first."""
    shown = KEYS[0]
    for each in KEYS[1:]:
        if len(shown) + 2 + len(each) <= width:
            shown += f"  {each}"
    return shown


class Body:
    """What stands between header and input. It remembers its last layout, so that a key costs no new one."""

    def __init__(self, book: Book, look: Look) -> None:
        self._book = book
        self._look = look
        self._messages: Sequence[Message] | None = None
        self._width = 0
        self._lines: list[Line] = []
        self._page = 1

    def rows(self, width: int, height: int) -> list[Row]:
        """Lay out exactly `height` rows of `width` cells."""
        if width < TWO_PANES:
            return self._chat(width, height) if self._book.open else self._list(width, height)
        left = min(max(width // 3, LIST_CELLS[0]), LIST_CELLS[1])
        bar: Row = [(PLAIN, f" {self._look.upright} ")]
        panes = zip(self._list(left, height), self._chat(width - left - 3, height), strict=True)
        return [[*one, *bar, *other] for one, other in panes]

    def scroll(self, pages: int) -> None:
        """Scroll the open conversation; a page keeps one line in sight."""
        by = pages * max(self._page - 1, 1)
        self._book.anchor = scrolled(self._lines, self._book.anchor, self._page, by)

    def _list(self, width: int, height: int) -> list[Row]:
        rows: list[Row] = []
        end = 0
        for each in self._book.conversations():
            rows += self._entry(each, width)
            if each.peer == self._book.open:
                end = len(rows)
        first = max(end - height, 0)
        if not rows:
            rows = [[(PLAIN, pad(cut("no contacts: /to NAME", width, ellipsis=self._look.ellipsis), width))]]
        return _filled(rows[first : first + height], width, height)

    def _entry(self, conversation: Conversation, width: int) -> list[Row]:
        is_open = conversation.peer == self._book.open
        count = f" ({conversation.unread})" if conversation.unread else ""
        name = cut(
            f"{'>' if is_open else ' '} {conversation.peer}", width - len(count), ellipsis=self._look.ellipsis
        )
        style = STRONG if is_open or count else PLAIN
        rows: list[Row] = [[(style, pad(name, width - len(count)) + count)]]
        if (last := conversation.last) is not None:
            text = safe(last.text, ascii_only=self._look.ascii_only).replace("\n", " ")
            tick = f"{self._look.tick(last.status, short=True)} " if last.sender == self._book.user else ""
            rows.append([(PLAIN, pad(cut(f"  {tick}{text}", width, ellipsis=self._look.ellipsis), width))])
        return rows

    def _chat(self, width: int, height: int) -> list[Row]:
        if self._book.open is None:
            hint = "Tab opens a chat, /to NAME too"
            return _filled(
                [[(PLAIN, pad(cut(hint, width, ellipsis=self._look.ellipsis), width))]], width, height
            )
        messages = self._book.conversation(self._book.open).messages
        if messages is not self._messages or width != self._width:
            self._lines = lines_of(messages, self._book.user, width, self._look)
            self._messages, self._width = messages, width
        self._page = max(height - 1, 1)
        first, end = window(self._lines, self._book.anchor, self._page)
        shown: list[Row] = [[(PLAIN, line.text)] for line in self._lines[first:end]]
        empty: list[Row] = [[(PLAIN, " " * width)]] * (self._page - len(shown))
        return [self._title(self._book.open, len(self._lines) - end, width), *empty, *shown][:height]

    def _title(self, peer: str, below: int, width: int) -> Row:
        said = "" if self._lines else "nothing said yet"
        said = f"{below} lines below, PgDn" if below else said
        text = f"{peer}{self._look.between}{said}" if said else peer
        return [(STRONG, pad(cut(text, width, ellipsis=self._look.ellipsis), width))]


def _filled(rows: list[Row], width: int, height: int) -> list[Row]:
    return rows + [[(PLAIN, " " * width)]] * (height - len(rows))
