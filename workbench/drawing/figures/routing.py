"""The answer of step 3: how a message finds the server that holds the recipient, in the walkthrough's steps [1] to [5].

Step [5] is drawn as it is: the recipient's phone acknowledges, its server only passes that on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.drawing.sketch import Sketch, carrying, phone_of, shorten

if TYPE_CHECKING:
    from workbench.drawing.journey import Journey
    from workbench.drawing.model import Figure

NAME = 9
"""Columns for a name inside a sentence on an arrow."""

ANSWER = 31
"""Columns between the server and Redis."""


def routing(lit: Journey | None = None) -> Figure:
    """Draw the route from user A on server 1 to user B on server 7, or that of a real message."""
    sketch = Sketch(lit.hops if lit else ())
    sender, recipient = (lit.sender, lit.recipient) if lit else ("user A", "user B")
    first = (lit.sender_server if lit else "chat server 1") or "chat server ?"
    second = (lit.recipient_server or lit.route if lit else "chat server 7") or "chat server ?"
    sketch.box("sender", 1, 0, 22, 3, phone_of(sender, 20))
    sketch.box("first", 1, 6, 22, 10, first)
    sketch.box("redis", 57, 6, 20, 5, "Redis", "(connection map)")
    sketch.box("kafka", 57, 12, 20, 4, "Kafka", "(queue)")
    sketch.box("worker", 57, 19, 20, 3, (lit and lit.worker) or "delivery worker")
    sketch.box("store", 26, 19, 17, 3, "message store")
    sketch.box("second", 57, 25, 20, 4, second)
    sketch.box("recipient", 57, 32, 20, 3, phone_of(recipient, 18))
    _sending(sketch, lit, recipient, second)
    _delivering(sketch)
    _acknowledging(sketch)
    return sketch.finish(
        "routing",
        "flow",
        "From server to server"
        if lit is None
        else f"The way of {lit.message_id} to {shorten(recipient, 40)}",
        "A chat server looks up the recipient's server in Redis and appends to Kafka; a worker stores and hands over.",
        *(
            [f"Both phones are on {first}: it is one process, drawn twice."]
            if lit and first == second
            else []
        ),
    )


def _sending(sketch: Sketch, lit: Journey | None, recipient: str, second: str) -> None:
    sketch.link(
        "sender",
        "first",
        (4, 2),
        (4, 5),
        says="[1] sends",
        label=(6, 4),
        room=13,
        carries=carrying("send_received"),
    )
    sketch.link(
        "first",
        "redis",
        (22, 7),
        (56, 7),
        says=f"[2] where is {shorten(recipient, NAME)}?",
        label=(25, 6),
        carries=carrying("sequence_assigned"),
    )
    if answer := _answer(lit, recipient, second):
        sketch.link("redis", "first", (57, 9), (23, 9), says=answer, lit=lit is not None)
        sketch.label(25, 8, answer)
    sketch.link(
        "first",
        "kafka",
        (22, 13),
        (56, 13),
        says="[3] persists",
        label=(25, 12),
        carries=carrying("message_appended"),
    )
    if lit:
        sketch.label(25, 14, lit.place)


def _answer(lit: Journey | None, recipient: str, second: str) -> str:
    """Give what Redis answered, or nothing if it has not."""
    if lit is None:
        return f'"{recipient} is on {second}"'
    if lit.route is None:
        return ""
    return shorten(f'"{shorten(recipient, NAME)} is on {lit.route or "no server"}", seq {lit.seq}', ANSWER)


def _delivering(sketch: Sketch) -> None:
    sketch.link("kafka", "worker", (67, 15), (67, 18), label=(69, 17), carries=carrying("record_consumed"))
    sketch.link(
        "worker",
        "store",
        (57, 20),
        (43, 20),
        says="stores",
        label=(45, 19),
        room=12,
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
        label=(63, 11),
        room=15,
        carries=carrying("route_looked_up"),
        only_lit=True,
    )
    sketch.link(
        "worker",
        "second",
        (67, 21),
        (67, 24),
        says="hands over",
        label=(51, 23),
        room=15,
        carries=carrying("message_handed_over"),
    )
    sketch.link(
        "second",
        "recipient",
        (61, 28),
        (61, 31),
        says="[4] pushes",
        label=(45, 30),
        room=15,
        carries=carrying("message_shown"),
    )


def _acknowledging(sketch: Sketch) -> None:
    sketch.link(
        "recipient",
        "second",
        (66, 32),
        (66, 29),
        says="[5] ACK",
        label=(68, 30),
        room=12,
        carries=carrying("receipt_taken"),
    )
    sketch.link(
        "second",
        "store",
        (57, 27),
        (35, 27),
        (35, 22),
        says="keeps it",
        label=(37, 25),
        room=18,
        carries=carrying("receipt_kept"),
    )
    sketch.link(
        "second",
        "first",
        (57, 26),
        (12, 26),
        (12, 16),
        says="passes it on",
        label=(14, 25),
        room=20,
        carries=carrying("receipt_handed_over"),
    )
    sketch.link(
        "first",
        "sender",
        (20, 6),
        (20, 3),
        says="✓ then ✓✓",
        label=(22, 4),
        carries=carrying("message_sent", "message_status_changed"),
    )
