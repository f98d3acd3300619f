"""Step 5: a message for somebody who is not there, from Redis's "offline" to ✓✓, and what the ticks mean.

Two things are drawn as they are here. The worker, not the chat server, asks for the push, once the message is stored.
And the push is a hint without the message: the phone fetches by its cursors, so a push that never comes costs time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.drawing.comings import Waking
from workbench.drawing.figures.receipt_table import receipt_table
from workbench.drawing.sketch import Sketch, carrying, phone_of, shorten
from workbench.tracing.narration import TICKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.drawing.comings import Moment
    from workbench.drawing.journey import Journey
    from workbench.drawing.model import Figure, Hop
    from workbench.drawing.topology import Topology

_TABLE = 58


def offline_delivery(topology: Topology, lit: Journey | None = None, woken: Waking | None = None) -> Figure:
    """Draw the delivery to user B who is offline, or that of a real message, to whomever it came how."""
    sketch = Sketch(lit.hops if lit else ())
    sender, recipient = (lit.sender, lit.recipient) if lit else ("user A", "user B")
    came = woken or Waking()
    _upper(sketch, topology, lit, came, sender)
    _phone(sketch, lit, came, recipient)
    _sending(sketch, lit, recipient)
    _storing(sketch)
    _pushing(sketch, topology)
    _fetching(sketch, came)
    _receipts(sketch, sender)
    receipt_table(sketch, lit, _TABLE)
    return sketch.finish(
        "offline-delivery",
        "flow",
        "Offline delivery" if lit is None else f"How {lit.message_id} came to {shorten(recipient, 40)}",
        "Nobody holds the recipient's socket: the message is stored, a push wakes the phone, and a sync fetches it.",
        *_notes(topology, lit, came),
    )


def _notes(topology: Topology, lit: Journey | None, came: Waking) -> list[str]:
    notes = []
    if not topology.has("push"):
        notes.append(
            "Dashed: not part of this run. Nothing wakes the phone; it comes when its owner opens it."
        )
    if lit and not lit.in_flight and not came.offline:
        notes.append("A server held the recipient's socket: nobody was told that the phone was offline.")
    return notes


def _upper(sketch: Sketch, topology: Topology, lit: Journey | None, came: Waking, sender: str) -> None:
    first = (lit and lit.sender_server) or "chat server"
    sketch.box("sender", 1, 0, 24, 3, phone_of(sender, 22))
    sketch.box("first", 1, 6, 24, 10, first)
    sketch.box("redis", 57, 6, 20, 5, "Redis", "(connection map)")
    sketch.box("kafka", 57, 12, 20, 4, "Kafka", "(queue)")
    sketch.box(
        "worker",
        57,
        19,
        20,
        4,
        (lit and lit.worker) or "delivery worker",
        "no route: it waits" if came.offline or not lit else "",
    )
    sketch.box("store", 26, 19, 20, 4, "message store", "(Cassandra's part)")
    push = topology.has("push")
    sketch.box("push", 56, 26, 22, 3, "Notification service", built=push)
    sketch.box("apns", 47, 32, 14, 3, "APNs (iOS)", built=topology.has("apns"))
    sketch.box("fcm", 63, 32, 15, 3, "FCM (Android)", built=topology.has("fcm"))


def _sending(sketch: Sketch, lit: Journey | None, recipient: str) -> None:
    sketch.link(
        "sender",
        "first",
        (4, 2),
        (4, 5),
        says="sends",
        label=(6, 4),
        room=14,
        carries=carrying("send_received"),
    )
    sketch.link(
        "first",
        "sender",
        (21, 6),
        (21, 3),
        says=f"{TICKS['sent']} then {TICKS['delivered']}",
        label=(23, 4),
        room=50,
        carries=carrying("message_sent", "message_status_changed"),
    )
    name = shorten(recipient, 9)
    sketch.link(
        "first",
        "redis",
        (24, 7),
        (56, 7),
        says=f"where is {name}?",
        label=(27, 6),
        room=29,
        carries=carrying("sequence_assigned"),
    )
    if lit is None or lit.route is not None:
        answer = f'"{name} is {"on " + lit.route if lit and lit.route else "offline"}"'
        sketch.link("redis", "first", (57, 9), (25, 9), says=answer, lit=lit is not None)
        sketch.label(27, 8, answer)
    sketch.link(
        "first",
        "kafka",
        (24, 13),
        (56, 13),
        says="queued",
        label=(27, 12),
        room=29,
        carries=carrying("message_appended"),
    )


def _storing(sketch: Sketch) -> None:
    sketch.link(
        "kafka", "worker", (67, 15), (67, 18), label=(69, 17), room=10, carries=carrying("record_consumed")
    )
    sketch.link(
        "worker",
        "store",
        (57, 20),
        (46, 20),
        says="stores",
        label=(46, 19),
        room=10,
        carries=carrying("message_stored"),
    )
    sketch.link(
        "worker",
        "redis",
        (76, 20),
        (79, 20),
        (79, 8),
        (77, 8),
        says="asks again",
        label=(62, 11),
        room=16,
        carries=carrying("route_looked_up"),
        only_lit=True,
    )


def _phone(sketch: Sketch, lit: Journey | None, came: Waking, recipient: str) -> None:
    shown = next((hop.source for hop in lit.hops if hop.kind == "message_shown"), "") if lit else ""
    second = shown or (lit and (lit.recipient_server or lit.route)) or "chat server"
    online = f"{came.online_ms:.1f} ms" if came.online_ms is not None else ""
    sketch.box("wakes", 49, 38, 29, 4, f"{phone_of(recipient, 21)} wakes", _at(came.opened_ms))
    sketch.box("connects", 49, 45, 29, 4, "WebSocket reconnects", online)
    sketch.box("shows", 49, 52, 29, 5, "fetches by sequence ID,", "stores, shows, in order")
    sketch.box("second", 1, 45, 24, 12, second)
    sketch.touch(*(["wakes"] if came.opened_ms else []), *(["connects"] if online else []))


def _at(moment: Moment | None) -> str:
    return f"{moment.what} {moment.at_ms:.1f} ms" if moment else ""


def _pushing(sketch: Sketch, topology: Topology) -> None:
    """Draw the way of a wake-up; its hops are known by their kinds, whether this run has such boxes or not."""

    def by(provider: str, *kinds: str) -> Callable[[Hop], bool]:
        return lambda hop: hop.kind in kinds and provider in map(topology.kind_of, (hop.source, hop.target))

    sketch.link(
        "worker",
        "push",
        (67, 22),
        (67, 25),
        says="wake",
        label=(69, 24),
        room=10,
        carries=carrying("push_requested", "push_joined"),
        built=topology.has("push"),
    )
    for provider, column, label, on in (("apns", 58, 48, 54), ("fcm", 70, 72, 70)):
        built = topology.has(provider)
        sketch.link(
            "push",
            provider,
            (column, 28),
            (column, 31),
            label=(label, 30),
            room=8,
            carries=by(provider, "push_sent", "push_refused"),
            built=built,
        )
        sketch.link(
            provider,
            "wakes",
            (on, 34),
            (on, 37),
            label=(on + 2, 36),
            room=8,
            carries=by(provider, "push_arrived"),
            built=built,
        )


def _fetching(sketch: Sketch, came: Waking) -> None:
    sketch.link(
        "wakes",
        "connects",
        (63, 41),
        (63, 44),
        says="app runs",
        label=(65, 43),
        lit=came.online_ms is not None and came.opened_ms is not None,
    )
    sketch.link(
        "connects",
        "second",
        (49, 47),
        (25, 47),
        says="Sync: after its cursors",
        label=(26, 46),
        room=23,
        lit=came.asked_ms is not None,
    )
    sketch.link(
        "second",
        "store",
        (14, 45),
        (14, 29),
        (31, 29),
        (31, 23),
        says="reads on",
        label=(16, 28),
        room=14,
        carries=carrying("sync_served"),
    )
    sketch.link(
        "worker",
        "second",
        (59, 22),
        (59, 24),
        (46, 24),
        (46, 36),
        (22, 36),
        (22, 44),
        says="hands over",
        label=(24, 35),
        room=21,
        carries=carrying("message_handed_over"),
        only_lit=True,
    )
    sketch.link("connects", "shows", (63, 48), (63, 51), lit=came.asked_ms is not None)
    sketch.link(
        "second",
        "shows",
        (24, 53),
        (48, 53),
        says="in order",
        label=(26, 52),
        room=22,
        carries=carrying("message_shown"),
    )


def _receipts(sketch: Sketch, sender: str) -> None:
    sketch.link(
        "shows",
        "second",
        (49, 55),
        (25, 55),
        says="ACK",
        label=(26, 54),
        room=22,
        carries=carrying("receipt_taken"),
    )
    sketch.link(
        "second",
        "store",
        (20, 45),
        (20, 33),
        (40, 33),
        (40, 23),
        says="keeps it",
        label=(22, 32),
        room=17,
        carries=carrying("receipt_kept"),
    )
    sketch.link(
        "second",
        "first",
        (8, 45),
        (8, 16),
        says=f"{TICKS['delivered']} for {shorten(sender, 9)}",
        label=(10, 26),
        room=20,
        carries=carrying("receipt_handed_over"),
    )
