"""What the journal tells of one phone's connection: how it moved, why a message waited, how it came back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from components.device.protocol import Link
from workbench.drawing.journey import hops_of
from workbench.drawing.model import Hop
from workbench.tracing.ordering import is_probe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.tracing.journal import Seen

COMINGS = ("connect_directed", "route_registered", "sync_served", "sync_finished")
"""The hops of a phone that connects: to the balancer, into the connection map, and what it missed."""

LEAVES = ("tunnel in", "wifi to cellular")
STATUS_KINDS = ("message_sent", "message_status_changed")


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


def phones_of(events: Iterable[Seen]) -> list[str]:
    """Name the users whose phones moved in this run."""
    moved = (each for each in events if each.kind == "connection_changed" and not is_probe(each))
    return list(dict.fromkeys(each.facts["user"] for each in moved))


def of_user(events: Iterable[Seen], user: str, *kinds: str) -> list[Seen]:
    """List a user's events of some kinds."""
    return [each for each in events if each.kind in kinds and each.facts.get("user") == user]


def connecting(events: Sequence[Seen], user: str) -> Connecting:
    """Count what a phone's connection manager did in the whole run."""
    began = events[0].t_ns
    taken: dict[tuple[str, str], tuple[int, float]] = {}
    for each in of_user(events, user, "connection_changed"):
        row = (each.facts["before"], each.facts["event"])
        taken[row] = (taken.get(row, (0, 0.0))[0] + 1, (each.t_ns - began) / 1e9)
    ended = of_user(events, user, "sync_finished")
    return Connecting(
        user=user,
        speed=next((each.facts["speed"] for each in events if each.kind == "run_started"), 1.0),
        taken=taken,
        waits=tuple(
            Wait(each.facts["delay_s"], each.facts["bound_s"])
            for each in of_user(events, user, "reconnect_scheduled")
        ),
        hops=hops_of(of_user(events, user, *COMINGS), began),
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
    sent = [
        each for each in of_user(events, user, "send_transmitted") if each.facts["message_id"] == message_id
    ]
    until = sent[-1].t_ns if sent else events[-1].t_ns
    meanwhile = [Moment(0.0, _state_at(events, user, began))]
    meanwhile += [
        Moment((each.t_ns - began) / 1e6, said(each))
        for each in of_user(events, user, "connection_changed", "network_moved", "app_moved", "sync_finished")
        if began < each.t_ns <= until
    ]
    before = _acknowledged_before(events, written, sent)
    if before is not None and (before.t_ns - began) / 1e6 > meanwhile[-1].at_ms:
        meanwhile.append(Moment((before.t_ns - began) / 1e6, f"ACK of {before.facts['message_id']}"))
    return Outbox(tuple((each.t_ns - began) / 1e6 for each in sent), tuple(meanwhile))


def _state_at(events: Iterable[Seen], user: str, t_ns: int) -> str:
    moves = [each for each in of_user(events, user, "connection_changed") if each.t_ns <= t_ns]
    return str(moves[-1].facts["after"] if moves else Link.OFFLINE).upper()


def said(event: Seen) -> str:
    """Say an event of a phone in a few words."""
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
        for each in of_user(events, written.facts["user"], "message_sent")
        if written.t_ns < each.t_ns <= sent[0].t_ns
        and conversation.get(each.facts["message_id"]) == written.facts["conversation"]
    ]
    return acks[-1] if acks else None


# A message for somebody who is not there ------------------------------------------------------------------------------


def syncs_behind(events: Sequence[Seen], own: Sequence[Seen], recipient: str) -> list[Seen]:
    """Find the pages by which a message came to its recipient: a sync has a trace of its own."""
    pages: dict[int, Seen] = {}
    for shown in of_user(own, recipient, "message_shown"):
        asked = [each for each in of_user(events, recipient, "sync_requested") if each.t_ns <= shown.t_ns]
        if not asked:
            continue
        its = of_user(events, recipient, "sync_served", "sync_finished")
        its = [each for each in its if each.trace_id == asked[-1].trace_id and each.t_ns <= shown.t_ns]
        if its and its[-1].kind == "sync_served":
            pages[its[-1].t_ns] = its[-1]
    return list(pages.values())


def waking(events: Sequence[Seen], own: Sequence[Seen], recipient: str) -> Waking:
    """Tell how the recipient's phone came back for a message, as far as it did."""
    began = own[0].t_ns
    shown = next((each.t_ns for each in of_user(own, recipient, "message_shown")), None)
    offline = bool(of_user(own, recipient, "recipient_offline"))
    if not offline and not syncs_behind(events, own, recipient):
        return Waking()
    until = events[-1].t_ns if shown is None else shown
    later = [each for each in events if began < each.t_ns <= until]
    opened = [
        each
        for each in of_user(later, recipient, "app_moved", "network_moved")
        if each.facts.get("what") not in LEAVES
    ]
    online = [
        each for each in of_user(later, recipient, "connection_changed") if each.facts["after"] == Link.ONLINE
    ]
    asked = of_user(later, recipient, "sync_requested")

    def ms(found: Sequence[Seen]) -> float | None:
        return (found[-1].t_ns - began) / 1e6 if found else None

    at = ms(opened)
    return Waking(offline, Moment(at, said(opened[-1])) if at is not None else None, ms(online), ms(asked))


# The reconnect story ------------------------------------------------------------------------------------------------
