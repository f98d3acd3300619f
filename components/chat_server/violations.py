"""Writes down how a peer broke the rules of the protocol below ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.trace.events import ConnectionRefused, FrameRejected

if TYPE_CHECKING:
    from websockets.exceptions import ConnectionClosed

    from components.trace.journal import Journal

VIOLATIONS = (1002, 1007, 1008, 1009)
"""Close codes for a peer that breaks RFC 6455 or our limits: sent by the WebSocket layer, before any frame is read."""


def note_violation(journal: Journal, user: str | None, closed: ConnectionClosed) -> None:
    """Write down a close that the WebSocket layer or the flood guard began; an orderly one is no news."""
    if closed.sent is None or closed.rcvd_then_sent or closed.sent.code not in VIOLATIONS:
        return
    detail = f"{closed.sent.code} {closed.sent.reason}".strip()
    if user is None:
        journal.write(ConnectionRefused("protocol_violation", detail))
    else:
        journal.write(FrameRejected(user, "protocol_violation", detail))
