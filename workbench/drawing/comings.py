"""What the journal tells of one phone's connection: how it moved, why a message waited, how it came back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from components.device.protocol import Link, LinkEvent
from workbench.drawing.journey import hops_of
from workbench.drawing.model import Hop
from workbench.tracing.ordering import is_probe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.tracing.journal import Seen

COMINGS = ("connect_directed", "route_registered", "sync_served", "sync_finished")
"""The hops of a phone that connects: to the balancer, into the connection map, and what it missed."""

LEAVES = ("tunnel in", "wifi to cellular")
_STATUS = ("message_sent", "message_status_changed")


class Wait(msgspec.Struct, frozen=True):
    """A delay that was drawn before a reconnect. Seconds."""

    delay_s: float
    bound_s: float


class Connecting(msgspec.Struct, frozen=True):
    """A phone's whole run. `taken` maps (state, event) to how often and, in seconds of the run, when last."""

    user: str
    speed: float
    taken: dict[tuple[str, str], tuple[int, float]]
    waits: tuple[Wait, ...]
    hops: tuple[Hop, ...]
    syncs: int
    pages: int
    messages: int


class Moment(msgspec.Struct, frozen=True):
    """Something that happened to a phone, in milliseconds since whatever the figure counts from."""

    at_ms: float
    what: str


class Outbox(msgspec.Struct, frozen=True):
    """How a message waited on its sender's phone: what the phone was doing meanwhile, and when it was transmitted."""

    sent_ms: tuple[float, ...]
    meanwhile: tuple[Moment, ...]

    @property
    def waited_ms(self) -> float | None:
        """How long it was before the first attempt, or None if there was none yet."""
        return self.sent_ms[0] if self.sent_ms else None


class Waking(msgspec.Struct, frozen=True):
    """How a recipient came to have a message: offline or not, then the app, the socket and the sync. Milliseconds."""

    offline: bool = False
    opened_ms: Moment | None = None
    online_ms: float | None = None
    asked_ms: float | None = None


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


def phones_of(events: Iterable[Seen]) -> list[str]:
    """Name the users whose phones moved in this run."""
    moved = (each for each in events if each.kind == "connection_changed" and not is_probe(each))
    return list(dict.fromkeys(each.facts["user"] for each in moved))


def _of(events: Iterable[Seen], user: str, *kinds: str) -> list[Seen]:
    return [each for each in events if each.kind in kinds and each.facts.get("user") == user]


def connecting(events: Sequence[Seen], user: str) -> Connecting:
    """Count what a phone's connection manager did in the whole run."""
    began = events[0].t_ns
    taken: dict[tuple[str, str], tuple[int, float]] = {}
    for each in _of(events, user, "connection_changed"):
        row = (each.facts["before"], each.facts["event"])
        taken[row] = (taken.get(row, (0, 0.0))[0] + 1, (each.t_ns - began) / 1e9)
    ended = _of(events, user, "sync_finished")
    return Connecting(
        user=user,
        speed=next((each.facts["speed"] for each in events if each.kind == "run_started"), 1.0),
        taken=taken,
        waits=tuple(
            Wait(each.facts["delay_s"], each.facts["bound_s"])
            for each in _of(events, user, "reconnect_scheduled")
        ),
        hops=hops_of(_of(events, user, *COMINGS), began),
        syncs=len(ended),
        pages=sum(each.facts["pages"] for each in ended),
        messages=sum(each.facts["messages"] for each in ended),
    )


# A message that waits -----------------------------------------------------------------------------------------------


def outbox(events: Sequence[Seen], message_id: str) -> Outbox:
    """Tell how a message waited from the moment it was written until it was last transmitted."""
    written = next(
        each for each in events if each.kind == "message_written" and each.facts["message_id"] == message_id
    )
    user, began = written.facts["user"], written.t_ns
    sent = [each for each in _of(events, user, "send_transmitted") if each.facts["message_id"] == message_id]
    until = sent[-1].t_ns if sent else events[-1].t_ns
    meanwhile = [Moment(0.0, _state_at(events, user, began))]
    meanwhile += [
        Moment((each.t_ns - began) / 1e6, _said(each))
        for each in _of(events, user, "connection_changed", "network_moved", "app_moved", "sync_finished")
        if began < each.t_ns <= until
    ]
    before = _acknowledged_before(events, written, sent)
    if before is not None and (before.t_ns - began) / 1e6 > meanwhile[-1].at_ms:
        meanwhile.append(Moment((before.t_ns - began) / 1e6, f"ACK of {before.facts['message_id']}"))
    return Outbox(tuple((each.t_ns - began) / 1e6 for each in sent), tuple(meanwhile))


def _state_at(events: Iterable[Seen], user: str, t_ns: int) -> str:
    moves = [each for each in _of(events, user, "connection_changed") if each.t_ns <= t_ns]
    return str(moves[-1].facts["after"] if moves else Link.OFFLINE).upper()


def _said(event: Seen) -> str:
    match event.kind:
        case "connection_changed":
            return str(event.facts["after"]).upper()
        case "network_moved":
            return str(event.facts["what"])
        case "app_moved":
            return f"app {event.facts['after']}"
        case _:
            return "sync finished"


def _acknowledged_before(events: Iterable[Seen], written: Seen, sent: Sequence[Seen]) -> Seen | None:
    """Find the ACK that a message stood behind: of a conversation, one message is in flight at a time."""
    if not sent:
        return None
    conversation = {
        each.facts["message_id"]: each.facts["conversation"]
        for each in events
        if each.kind == "message_written"
    }
    acks = [
        each
        for each in _of(events, written.facts["user"], "message_sent")
        if written.t_ns < each.t_ns <= sent[0].t_ns
        and conversation.get(each.facts["message_id"]) == written.facts["conversation"]
    ]
    return acks[-1] if acks else None


# A message for somebody who is not there ------------------------------------------------------------------------------


def syncs_behind(events: Sequence[Seen], own: Sequence[Seen], recipient: str) -> list[Seen]:
    """Find the pages by which a message came to its recipient: a sync has a trace of its own."""
    pages: dict[int, Seen] = {}
    for shown in _of(own, recipient, "message_shown"):
        asked = [each for each in _of(events, recipient, "sync_requested") if each.t_ns <= shown.t_ns]
        if not asked:
            continue
        its = _of(events, recipient, "sync_served", "sync_finished")
        its = [each for each in its if each.trace_id == asked[-1].trace_id and each.t_ns <= shown.t_ns]
        if its and its[-1].kind == "sync_served":
            pages[its[-1].t_ns] = its[-1]
    return list(pages.values())


def waking(events: Sequence[Seen], own: Sequence[Seen], recipient: str) -> Waking:
    """Tell how the recipient's phone came back for a message, as far as it did."""
    began = own[0].t_ns
    shown = next((each.t_ns for each in _of(own, recipient, "message_shown")), None)
    offline = bool(_of(own, recipient, "recipient_offline"))
    if not offline and not syncs_behind(events, own, recipient):
        return Waking()
    until = events[-1].t_ns if shown is None else shown
    later = [each for each in events if began < each.t_ns <= until]
    opened = [
        each
        for each in _of(later, recipient, "app_moved", "network_moved")
        if each.facts.get("what") not in LEAVES
    ]
    online = [
        each for each in _of(later, recipient, "connection_changed") if each.facts["after"] == Link.ONLINE
    ]
    asked = _of(later, recipient, "sync_requested")

    def ms(found: Sequence[Seen]) -> float | None:
        return (found[-1].t_ns - began) / 1e6 if found else None

    at = ms(opened)
    return Waking(offline, Moment(at, _said(opened[-1])) if at is not None else None, ms(online), ms(asked))


# The reconnect story ------------------------------------------------------------------------------------------------


def reconnect(events: Sequence[Seen], user: str) -> Reconnect | None:
    """Tell the newest reconnect of a phone, also one that is not over; None if it never lost its connection."""
    moves = _of(events, user, "connection_changed")
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
        for each in _of(later, user, "message_shown")
        if pages and pages[0].t_ns < each.t_ns and (its_end is None or each.t_ns < its_end)
    ]
    theirs = [
        each for each in _of(later, user, "send_received", *_STATUS) if each.facts["message_id"] in waiting
    ]
    comings = _of(until_back, user, "connect_directed", "route_registered")
    crossed = sorted([*comings, *pages, *shown, *theirs], key=lambda each: each.t_ns)

    def ms(found: Iterable[Seen]) -> float | None:
        return next(((each.t_ns - began) / 1e6 for each in found), None)

    restored = [each for each in _of(until_back, user, "network_moved", "app_moved") if each.t_ns > lost.t_ns]
    finished = [each for each in pages if each.kind == "sync_finished"]
    transmitted = [
        each for each in _of(later, user, "send_transmitted") if each.facts["message_id"] in waiting
    ]
    settled = {each.facts["message_id"] for each in theirs if each.kind in _STATUS}
    return Reconnect(
        user=user,
        cause=cause,
        hops=hops_of(crossed, began),
        waiting=waiting,
        sent=tuple(each for each in waiting if each in settled),
        attempts=sum(
            each.facts["after"] == Link.CONNECTING for each in _of(until_back, user, "connection_changed")
        ),
        restored=Moment((restored[-1].t_ns - began) / 1e6, _said(restored[-1])) if restored else None,
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
        for each in _of(events, user, *kinds)
        if since < each.t_ns <= lost.t_ns and each.facts.get("what", LEAVES[0]) in LEAVES
    ]
    if not found:
        return str(lost.facts["event"]), lost.t_ns
    last = found[-1]
    if last.kind == "connection_silent":
        return "silence", lost.t_ns
    return _said(last), last.t_ns if last.kind == "network_moved" else lost.t_ns


def _outbox_at(events: Iterable[Seen], user: str, began: int, until: int) -> tuple[str, ...]:
    """Name the messages that were written before `until` and that nobody had acknowledged when the loss began."""
    everything = list(events)
    settled = {
        each.facts["message_id"]
        for each in _of(everything, user, "send_failed", *_STATUS)
        if each.t_ns <= began
    }
    written = [each for each in _of(everything, user, "message_written") if each.t_ns <= until]
    return tuple(each.facts["message_id"] for each in written if each.facts["message_id"] not in settled)


def _first_sync(events: Sequence[Seen], user: str, back: int | None) -> list[Seen]:
    """Give the pages that the phone was served when it was back, and the end of them."""
    if back is None:
        return []
    asked = next((each for each in _of(events, user, "sync_requested") if each.t_ns >= back), None)
    if asked is None:
        return []
    return [
        each for each in _of(events, user, "sync_served", "sync_finished") if each.trace_id == asked.trace_id
    ]
