"""Finds the newest reconnect of a phone in the journal: from the loss to the last message that waited. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from components.device.protocol import Link, LinkEvent
from workbench.drawing.comings import LEAVES, STATUS_KINDS, Moment, of_user, said
from workbench.drawing.journey import hops_of
from workbench.drawing.model import Hop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.tracing.journal import Seen


class Reconnect(msgspec.Struct, frozen=True):
    """The newest time that a phone lost its connection, and what followed. Milliseconds since the loss.

    `waiting` names the messages that stood in the outbox when it was back (or now, if it is not back), `sent` those of
    them that were acknowledged since.
    """

    user: str
    cause: str
    hops: tuple[Hop, ...]
    waiting: tuple[str, ...]
    sent: tuple[str, ...]
    attempts: int
    restored: Moment | None = None
    online_ms: float | None = None
    server: str | None = None
    synced_ms: float | None = None
    fetched: int = 0
    first_sent_ms: float | None = None


def reconnect(events: Sequence[Seen], user: str) -> Reconnect | None:
    """Tell the newest reconnect of a phone, also one that is not over; None if it never lost its connection."""
    moves = of_user(events, user, "connection_changed")
    ups = [each.t_ns for each in moves if each.facts["after"] == Link.ONLINE]
    downs = [
        each
        for each in moves
        if each.facts["before"] == Link.ONLINE
        and (each.facts["event"] == LinkEvent.LOST or (ups and ups[-1] > each.t_ns))
    ]
    if not downs:
        return None
    lost = downs[-1]
    up_before = max((t for t in ups if t < lost.t_ns), default=0)
    cause, began = _cause(events, user, lost, up_before)
    back = next((t for t in ups if t > lost.t_ns), None)
    later = [each for each in events if each.t_ns >= began]
    until_back = [each for each in later if back is None or each.t_ns <= back]
    waiting = _outbox_at(events, user, began, back if back is not None else events[-1].t_ns)
    pages = _first_sync(later, user, back)
    its_end = next((each.t_ns for each in pages if each.kind == "sync_finished"), None)
    shown = [
        each
        for each in of_user(later, user, "message_shown")
        if pages and pages[0].t_ns < each.t_ns and (its_end is None or each.t_ns < its_end)
    ]
    theirs = [
        each
        for each in of_user(later, user, "send_received", *STATUS_KINDS)
        if each.facts["message_id"] in waiting
    ]
    comings = of_user(until_back, user, "connect_directed", "route_registered")
    crossed = sorted([*comings, *pages, *shown, *theirs], key=lambda each: each.t_ns)

    def ms(found: Iterable[Seen]) -> float | None:
        return next(((each.t_ns - began) / 1e6 for each in found), None)

    restored = [
        each for each in of_user(until_back, user, "network_moved", "app_moved") if each.t_ns > lost.t_ns
    ]
    finished = [each for each in pages if each.kind == "sync_finished"]
    transmitted = [
        each for each in of_user(later, user, "send_transmitted") if each.facts["message_id"] in waiting
    ]
    settled = {each.facts["message_id"] for each in theirs if each.kind in STATUS_KINDS}
    return Reconnect(
        user=user,
        cause=cause,
        hops=hops_of(crossed, began),
        waiting=waiting,
        sent=tuple(each for each in waiting if each in settled),
        attempts=sum(
            each.facts["after"] == Link.CONNECTING for each in of_user(until_back, user, "connection_changed")
        ),
        restored=Moment((restored[-1].t_ns - began) / 1e6, said(restored[-1])) if restored else None,
        online_ms=(back - began) / 1e6 if back is not None else None,
        server=next(
            (each.facts["server"] for each in reversed(comings) if each.kind == "route_registered"), None
        ),
        synced_ms=ms(finished),
        fetched=finished[0].facts["messages"] if finished else len(shown),
        first_sent_ms=ms(each for each in transmitted if back is not None and each.t_ns > back),
    )


def _cause(events: Iterable[Seen], user: str, lost: Seen, since: int) -> tuple[str, int]:
    """Say why the connection was lost, and when that was: the tunnel's mouth is a moment before the phone knows."""
    kinds = (
        ("network_moved", "connection_silent") if lost.facts["event"] == LinkEvent.LOST else ("app_moved",)
    )
    found = [
        each
        for each in of_user(events, user, *kinds)
        if since < each.t_ns <= lost.t_ns and each.facts.get("what", LEAVES[0]) in LEAVES
    ]
    if not found:
        return str(lost.facts["event"]), lost.t_ns
    last = found[-1]
    if last.kind == "connection_silent":
        return "silence", lost.t_ns
    return said(last), last.t_ns if last.kind == "network_moved" else lost.t_ns


def _outbox_at(events: Iterable[Seen], user: str, began: int, until: int) -> tuple[str, ...]:
    """Name the messages that were written before `until` and that nobody had acknowledged when the loss began."""
    everything = list(events)
    settled = {
        each.facts["message_id"]
        for each in of_user(everything, user, "send_failed", *STATUS_KINDS)
        if each.t_ns <= began
    }
    written = [each for each in of_user(everything, user, "message_written") if each.t_ns <= until]
    return tuple(each.facts["message_id"] for each in written if each.facts["message_id"] not in settled)


def _first_sync(events: Sequence[Seen], user: str, back: int | None) -> list[Seen]:
    """Give the pages that the phone was served when it was back, and the end of them."""
    if back is None:
        return []
    asked = next((each for each in of_user(events, user, "sync_requested") if each.t_ns >= back), None)
    if asked is None:
        return []
    return [
        each
        for each in of_user(events, user, "sync_served", "sync_finished")
        if each.trace_id == asked.trace_id
    ]
