"""Deep dive 1: where a message gets its number, and everybody who learns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.drawing.sketch import Sketch, carrying, phone_of, shorten

if TYPE_CHECKING:
    from workbench.drawing.journey import Journey
    from workbench.drawing.model import Figure

_X, _WIDTH = 2, 46
_SIDE = 56


def sequence_ids(lit: Journey | None = None) -> Figure:
    """Draw the way of a sequence number: the walkthrough's 1042, or that of a real message."""
    sketch = Sketch(lit.hops if lit else ())
    seq = "1042" if lit is None else "?" if lit.seq is None else str(lit.seq)
    sender, recipient = (lit.sender, lit.recipient) if lit else ("the sender", "the recipient")
    server = (lit and lit.sender_server) or "the chat server"
    conversation = lit.conversation if lit else "{conversation_id}"
    middle = _X + _WIDTH // 2
    sketch.box("sender", _SIDE, 0, 22, 3, phone_of(sender, 20))
    sketch.box("arrives", _X, 0, _WIDTH, 3, f"message arrives at {server}")
    sketch.box(
        "redis", _X, 6, _WIDTH, 4, "Redis: atomic increment of", f"conv_{shorten(conversation, 34)}_seq"
    )
    sketch.box("tagged", _X, 13, _WIDTH, 3, f"message is tagged with seq {seq}")
    sketch.box("kafka", _X, 19, _WIDTH, 4, "published to Kafka, seq in the payload", lit.place if lit else "")
    sketch.box("delivered", _X, 26, _WIDTH, 3, f"delivered to {shorten(recipient, 20)} with seq {seq}")
    sketch.link(
        "sender",
        "arrives",
        (_SIDE, 1),
        (_X + _WIDTH, 1),
        label=(_X + _WIDTH + 2, 0),
        carries=carrying("send_received"),
    )
    sketch.link(
        "arrives",
        "redis",
        (middle, 2),
        (middle, 5),
        label=(middle + 2, 4),
        carries=carrying("sequence_assigned"),
    )
    epoch = f" (epoch {lit.epoch})" if lit and lit.epoch is not None else ""
    sketch.link(
        "redis",
        "tagged",
        (middle, 9),
        (middle, 12),
        says=f"returns {seq}{epoch}",
        lit=bool(lit and lit.seq is not None),
    )
    sketch.label(middle + 2, 11, f"returns seq = {seq}{epoch}")
    sketch.link(
        "tagged",
        "kafka",
        (middle, 15),
        (middle, 18),
        label=(middle + 2, 17),
        carries=carrying("message_appended"),
    )
    sketch.link(
        "kafka",
        "sender",
        (_X + _WIDTH - 1, 20),
        (63, 20),
        (63, 3),
        says="ACK",
        label=(50, 19),
        room=12,
        carries=carrying("message_sent"),
    )
    sketch.link(
        "kafka",
        "delivered",
        (middle, 22),
        (middle, 25),
        says="stored, handed over, shown",
        label=(middle + 2, 24),
        carries=carrying(
            "record_consumed", "message_stored", "route_looked_up", "message_handed_over", "message_shown"
        ),
    )
    sketch.link(
        "delivered",
        "sender",
        (_X + _WIDTH - 1, 27),
        (72, 27),
        (72, 3),
        says="receipt names it",
        label=(50, 26),
        room=22,
        carries=carrying("receipt_taken", "receipt_kept", "receipt_handed_over", "message_status_changed"),
    )
    return sketch.finish(
        "sequence-ids",
        "flow",
        "Sequence IDs" if lit is None else f"The sequence ID of {lit.message_id}",
        "Redis numbers each message of a conversation before it is published; phones sort by that number.",
        "Unique and rising, never promised to be gapless: a server can die between the increment and the log.",
    )
