"""Every diagram by name: what it shows, and how it is made from a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.drawing import comings, reconnecting
from workbench.drawing.figures.architecture import architecture
from workbench.drawing.figures.client_buffer import Arrival, client_buffer
from workbench.drawing.figures.connection import connection
from workbench.drawing.figures.offline_delivery import offline_delivery
from workbench.drawing.figures.offline_first import CLAIMS as OUTBOX_CLAIMS
from workbench.drawing.figures.offline_first import offline_first
from workbench.drawing.figures.reconnect import reconnect
from workbench.drawing.figures.routing import routing
from workbench.drawing.figures.sequence_ids import sequence_ids
from workbench.drawing.figures.spacetime import spacetime
from workbench.drawing.figures.status import status
from workbench.drawing.journey import hops_of, journey
from workbench.tracing.ordering import trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.drawing.journey import Journey
    from workbench.drawing.model import Figure
    from workbench.drawing.topology import Topology
    from workbench.tracing.journal import Seen


class Entry(msgspec.Struct, frozen=True):
    """A diagram: its place in the walkthrough, what it shows, and the kinds of hop that light it (none named: all).

    `lit_by` is "message", or "phone" for what is the story of a phone and not of one message.
    """

    part: str
    shows: str
    claims: tuple[str, ...] = ()
    lit_by: str = "message"


CATALOGUE = {
    "architecture": Entry("Step 2", "the map: client layer, servers, engines, and the way between them"),
    "routing": Entry("Step 3", "from server 1 to server 7, in steps [1] to [5]"),
    "sequence-ids": Entry("Deep dive 1", "where a message gets its number, and who learns it"),
    "client-buffer": Entry("Deep dive 1", "arrivals in any order, sorted by the phone", ("message_shown",)),
    "status": Entry("Step 5", "pending, sent, delivered, read", ("message_sent", "message_status_changed")),
    "connection": Entry(
        "Step 4a", "connect, register, heartbeat; or back off and retry", comings.COMINGS, "phone"
    ),
    "offline-first": Entry("Step 4b", "from the local database through the outbox to ✓", OUTBOX_CLAIMS),
    "offline-delivery": Entry("Step 5", "nobody is there: store, push, wake, fetch, ✓✓"),
    "reconnect": Entry("Deep dive 3", "the tunnel: pending, reconnect, sync, drain", lit_by="phone"),
    "spacetime": Entry("all", "one lane a process: a message, or a stretch of a run"),
}


class MessageUnknownError(Exception):
    """The journal has no such message."""


class PhoneUnknownError(Exception):
    """The journal has no such phone. `known` names those that it has."""

    def __init__(self, known: list[str]) -> None:
        self.known = known
        super().__init__(", ".join(known))


class NeverLostError(Exception):
    """The phone never lost its connection in this run."""


def plain(name: str, topology: Topology) -> Figure:
    """Draw a diagram without a message. `spacetime` has no such form."""
    makers: dict[str, Callable[[], Figure]] = {
        "architecture": lambda: architecture(topology),
        "routing": routing,
        "sequence-ids": sequence_ids,
        "client-buffer": client_buffer,
        "status": status,
        "connection": connection,
        "offline-first": offline_first,
        "offline-delivery": lambda: offline_delivery(topology),
        "reconnect": reconnect,
    }
    return makers[name]()


def lit(name: str, events: Sequence[Seen], topology: Topology, message: str) -> tuple[Figure, Journey]:
    """Draw a diagram lit by a message (an id, or `last`).

    Raises:
        MessageUnknownError: If the journal has no such message.
    """
    found = journey(events, message)
    if found is None:
        raise MessageUnknownError(message)
    if name == "offline-delivery":
        return _delivery_of(events, topology, found)
    makers: dict[str, Callable[[], Figure]] = {
        "architecture": lambda: architecture(topology, found),
        "routing": lambda: routing(_of_steps(found)),
        "sequence-ids": lambda: sequence_ids(_of_steps(found)),
        "client-buffer": lambda: _buffer_of(events, found),
        "status": lambda: status(found),
        "offline-first": lambda: offline_first(found, comings.outbox(events, found.message_id)),
        "spacetime": lambda: spacetime(
            (trace_of(events, message) or ("", []))[1], topology, found.message_id
        ),
    }
    return makers[name](), found


def _of_steps(found: Journey) -> Journey:
    """Leave out what is told by `offline-delivery`: pushes belong to no step of the walkthrough's step 3."""
    return msgspec.structs.replace(found, hops=tuple(hop for hop in found.hops if hop.step is not None))


def lit_by_phone(name: str, events: Sequence[Seen], phone: str) -> Figure:
    """Draw a diagram lit by a phone.

    Raises:
        PhoneUnknownError: If the journal has no such phone.
        NeverLostError: If the diagram is about a loss, and there was none.
    """
    known = comings.phones_of(events)
    if phone not in known:
        raise PhoneUnknownError(known)
    if name == "connection":
        return connection(comings.connecting(events, phone))
    found = reconnecting.reconnect(events, phone)
    if found is None:
        raise NeverLostError(phone)
    return reconnect(found)


def stretch(events: Sequence[Seen], topology: Topology, from_s: float, to_s: float) -> Figure:
    """Draw the spacetime of a stretch of a run, in seconds since its first event."""
    began = events[0].t_ns if events else 0
    within = [each for each in events if from_s <= (each.t_ns - began) / 1e9 <= to_s]
    last_s = min(to_s, (events[-1].t_ns - began) / 1e9 if events else 0.0)
    return spacetime(within, topology, f"the run from {from_s:g} s to {last_s:.1f} s")


def _delivery_of(events: Sequence[Seen], topology: Topology, message: Journey) -> tuple[Figure, Journey]:
    """Add the pages of the sync by which the message came: they have a trace of their own."""
    own = (trace_of(events, message.message_id) or ("", []))[1]
    written = next(each.t_ns for each in own if each.kind == "message_written")
    pages = comings.syncs_behind(events, own, message.recipient)
    hops = hops_of(sorted([*own, *pages], key=lambda each: each.t_ns), written)
    whole = msgspec.structs.replace(message, hops=hops)
    woken = comings.waking(events, own, message.recipient)
    return offline_delivery(topology, whole, woken), whole


def _buffer_of(events: Sequence[Seen], message: Journey) -> Figure:
    """Show the recipient's phone: what was pushed to it in the conversation, and its own messages once numbered."""
    phone = message.recipient
    author = {
        each.facts["message_id"]: each.facts["user"]
        for each in events
        if each.kind == "message_written" and each.facts["conversation"] == message.conversation
    }
    known = [
        each
        for each in sorted(events, key=lambda each: each.t_ns)
        if each.kind in ("message_shown", "message_sent")
        and each.facts["user"] == phone
        and each.facts["message_id"] in author
    ]
    arrivals = [
        Arrival(
            each.facts["seq"],
            f"{author[each.facts['message_id']]}: {each.facts['message_id']}",
            copy=bool(each.facts.get("duplicate")),
            own=each.kind == "message_sent",
        )
        for each in known
    ]
    hops = [hop for hop in message.hops if hop.kind == "message_shown"]
    return client_buffer(phone, arrivals, hops, message.seq)
