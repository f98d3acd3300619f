"""The open conversation as lines, by sequence ID: own messages right with their ticks, the others' left. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.phone_screen.cells import pad, safe, width_of, wrap
from workbench.phone_screen.model import Anchor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.phone_screen.look import Look
    from workbench.phone_screen.model import Message

ROOMY = 36
"""Cells from which there is room for the sequence IDs, for words beside the ticks, and for a margin."""

_SHORT_TICK = 4
_LONG_TICK = 9


class Line(msgspec.Struct, frozen=True):
    """A line of the conversation; `anchor` names it whatever the width and whatever comes after it."""

    anchor: Anchor
    text: str


def lines_of(messages: Sequence[Message], user: str, width: int, look: Look) -> list[Line]:
    """Lay out a conversation, each line `width` cells wide.

    The ticks stand in a column of their own, so that a tick that turns moves nothing beside it.
    """
    roomy = width >= ROOMY
    digits = max((len(str(each.seq)) for each in messages if each.seq), default=1) if roomy else 0
    tick_cells = _LONG_TICK if roomy and not look.ascii_only else _SHORT_TICK
    room = max(width - (digits + 1 if roomy else 0) - tick_cells - 1, 2)
    most = room * 4 // 5 if roomy else room
    made = []
    for message in messages:
        own = message.sender == user
        tick = look.tick(message.status, short=not roomy) if own else ""
        wrapped = wrap(safe(message.text, ascii_only=look.ascii_only), most)
        for number, text in enumerate(line.rstrip() for line in wrapped):
            seq = f"{message.seq or '-':>{digits}} " if roomy and number == 0 else " " * (digits + 1) * roomy
            placed = " " * (room - width_of(text)) + text if own else text
            shown = tick if number == len(wrapped) - 1 else ""
            row = f"{seq}{pad(placed, room)} {pad(shown, tick_cells)}"
            made.append(Line((message.sender, message.message_id, number), row))
    return made


def window(lines: Sequence[Line], anchor: Anchor | None, height: int) -> tuple[int, int]:
    """Give where the visible part begins and ends: at `anchor`, or at the newest line."""
    end = _end(lines, anchor, height)
    return max(end - height, 0), end


def scrolled(lines: Sequence[Line], anchor: Anchor | None, height: int, by: int) -> Anchor | None:
    """Move the visible part by so many lines (negative: back in time), and give its new anchor; None is the end."""
    end = min(max(_end(lines, anchor, height) + by, min(height, len(lines))), len(lines))
    return None if end == len(lines) else lines[end - 1].anchor


def _end(lines: Sequence[Line], anchor: Anchor | None, height: int) -> int:
    if anchor is None:
        return len(lines)
    exact = next((place for place, line in enumerate(lines, 1) if line.anchor == anchor), None)
    if exact is None:  # at another width the message has fewer lines
        exact = max(
            (place for place, line in enumerate(lines, 1) if line.anchor[:2] == anchor[:2]),
            default=len(lines),
        )
    return max(exact, min(height, len(lines)))
