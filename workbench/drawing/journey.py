"""Finds one message's journey in the journal: its hops, its numbers, and how far it has come. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.drawing.model import Hop
from workbench.tracing.ordering import trace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.tracing.journal import Seen

FINAL = ("delivered", "read")


class Journey(msgspec.Struct, frozen=True):
    """What the journal knows of a message. What it does not (yet) know is None.

    `route` is what Redis answered in step 2: the recipient's server, empty if it is connected nowhere. `reached` maps
    a status of the sender's phone to milliseconds since the message was written.
    """

    message_id: str
    conversation: str
    sender: str
    recipient: str
    hops: tuple[Hop, ...]
    reached: dict[str, float]
    seq: int | None = None
    epoch: int | None = None
    sender_server: str | None = None
    recipient_server: str | None = None
    route: str | None = None
    worker: str | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None

    @property
    def in_flight(self) -> bool:
        """Say whether the sender's phone has not been told yet that it was delivered."""
        return not any(status in self.reached for status in FINAL)

    @property
    def place(self) -> str:
        """The record's place in the log, such as `messages[3] offset 17`."""
        return f"{self.topic}[{self.partition}] offset {self.offset}" if self.topic else "not in the log yet"


def journey(events: Sequence[Seen], message: str) -> Journey | None:
    """Find the journey of a message (an id, or `last`), or None if nothing is known of it."""
    found = trace_of(events, message)
    if found is None:
        return None
    message_id, own = found
    written = next(each for each in own if each.kind == "message_written")
    hops = hops_of(own, written.t_ns)
    facts = _first_facts(own)
    assigned, appended = facts.get("sequence_assigned", {}), facts.get("message_appended", {})
    return Journey(
        message_id=message_id,
        conversation=written.facts["conversation"],
        sender=written.facts["user"],
        recipient=written.facts["peer"],
        hops=hops,
        reached=_reached(own, message_id, written.t_ns),
        seq=assigned.get("seq"),
        epoch=assigned.get("epoch"),
        sender_server=next((each.component for each in own if each.kind == "send_received"), None),
        route=(assigned["routes"].get(written.facts["peer"]) or "") if "routes" in assigned else None,
        recipient_server=next((each.component for each in own if each.kind == "message_handed_over"), None),
        worker=next((each.component for each in own if each.kind == "record_consumed"), None),
        topic=appended.get("topic"),
        partition=appended.get("partition"),
        offset=appended.get("offset"),
    )


def hops_of(events: Sequence[Seen], began_ns: int) -> tuple[Hop, ...]:
    """Number the events that prove a hop, in order of time."""
    proving = [each for each in events if each.link is not None]
    return tuple(
        Hop(
            number=number,
            step=each.step,
            source=each.link[0],  # type: ignore[index]  # filtered above
            target=each.link[1],  # type: ignore[index]  # likewise
            at_ms=(each.t_ns - began_ns) / 1e6,
            kind=each.kind,
            what=what(each),
            status=status_of(each),
        )
        for number, each in enumerate(proving, start=1)
    )


def status_of(event: Seen) -> str:
    """Name the status that the sender's phone reached with this event, or nothing."""
    if event.kind == "message_sent":
        return "sent"
    return str(event.facts["status"]) if event.kind == "message_status_changed" else ""


def what(event: Seen) -> str:
    """Say in a few words what crossed; the full sentences are the narration's."""
    short = _SHORT.get(event.kind)
    return short(event.facts) if short else event.kind.replace("_", " ")


def _routes(facts: dict[str, Any]) -> str:
    routes = ", ".join(f"{user} on {server or 'no server'}" for user, server in facts["routes"].items())
    return f"seq {facts['seq']}{' again' if facts['duplicate'] else ''}, {routes}"


def counted(number: int, thing: str) -> str:
    """Say how many, in the singular where it is one."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _page(facts: dict[str, Any]) -> str:
    return f"a page: {counted(facts['messages'], 'message')}, {counted(facts['receipts'], 'receipt')}"


_SHORT: dict[str, Callable[[dict[str, Any]], str]] = {
    "connect_directed": lambda facts: f"go to {facts['server']}",
    "route_registered": lambda facts: f"{facts['user']} is on {facts['server']}",
    "sync_served": _page,
    "sync_finished": lambda facts: f"synced: {counted(facts['messages'], 'message')}",
    "send_received": lambda _facts: "send",
    "sequence_assigned": _routes,
    "message_appended": lambda facts: f"{facts['topic']}[{facts['partition']}] offset {facts['offset']}",
    "message_sent": lambda facts: f"ACK, seq {facts['seq']}",
    "record_consumed": lambda facts: f"{facts['topic']}[{facts['partition']}] offset {facts['offset']}",
    "message_stored": lambda facts: f"row seq {facts['seq']}: {facts['outcome']}",
    "route_looked_up": lambda facts: f"where is {facts['user']}: {facts['server'] or 'nowhere'}",
    "message_handed_over": lambda facts: f"seq {facts['seq']} for {facts['user']}",
    "message_shown": lambda facts: f"seq {facts['seq']} {'a copy' if facts['duplicate'] else 'shown'}",
    "receipt_taken": lambda facts: f"{facts['status']} up to seq {facts['seq']}",
    "receipt_kept": lambda facts: f"receipt of {facts['user']} kept",
    "receipt_handed_over": lambda facts: f"receipt for seq {facts['seq']}",
    "message_status_changed": lambda facts: str(facts["status"]).upper(),
}


def _first_facts(events: Sequence[Seen]) -> dict[str, dict[str, Any]]:
    first: dict[str, dict[str, Any]] = {}
    for each in events:
        first.setdefault(each.kind, each.facts)
    return first


def _reached(events: Sequence[Seen], message_id: str, began_ns: int) -> dict[str, float]:
    reached = {"pending": 0.0}
    for each in events:
        status = status_of(each)
        if status and each.facts["message_id"] == message_id:
            reached.setdefault(status, (each.t_ns - began_ns) / 1e6)
    return reached
