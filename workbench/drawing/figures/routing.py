"""The answer of step 3: how a message finds the server that holds the recipient, in the walkthrough's steps [1] to [5].

Step [5] is drawn as it is: the recipient's phone acknowledges, its server only passes that on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.drawing.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.drawing.journey import Journey
    from workbench.drawing.model import Figure, Hop


def routing(lit: Journey | None = None) -> Figure:
    """Draw the route from user A on server 1 to user B on server 7, or that of a real message."""
    sketch = Sketch(lit.hops if lit else ())
    sender, recipient = (lit.sender, lit.recipient) if lit else ("user A", "user B")
    first = (lit.sender_server if lit else "chat server 1") or "chat server ?"
    second = (lit.recipient_server if lit else "chat server 7") or "chat server ?"
    _boxes(sketch, sender, recipient, first, second, (lit and lit.worker) or "delivery worker")
    _sending(sketch, lit, recipient, second)
    _delivering(sketch)
    _acknowledging(sketch)
    notes = []
    if lit and first == second:
        notes.append(f"Both phones are on {first}: it is one process, drawn twice.")
    return sketch.finish(
        "routing",
        "flow",
        "From server to server" if lit is None else f"How {lit.message_id} found {recipient}",
        "A chat server looks up the recipient's server in Redis and appends to Kafka; a worker stores and hands over.",
        *notes,
    )


def _is(*kinds: str) -> Callable[[Hop], bool]:
    return lambda hop: hop.kind in kinds


def _boxes(sketch: Sketch, sender: str, recipient: str, first: str, second: str, worker: str) -> None:  # noqa: PLR0913, PLR0917  one name a box
    sketch.box("sender", 1, 0, 22, 3, f"{sender}'s phone"[:20])
    sketch.box("first", 1, 6, 22, 10, first)
    sketch.box("redis", 57, 6, 22, 5, "Redis", "(connection map)")
    sketch.box("kafka", 57, 12, 22, 4, "Kafka", "(queue)")
    sketch.box("worker", 57, 19, 22, 3, worker)
    sketch.box("store", 27, 19, 16, 3, "message store")
    sketch.box("second", 57, 25, 22, 4, second)
    sketch.box("recipient", 57, 32, 22, 3, f"{recipient}'s phone"[:20])


def _sending(sketch: Sketch, lit: Journey | None, recipient: str, second: str) -> None:
    sketch.link(
        "sender",
        "first",
        (4, 2),
        (4, 5),
        says="[1] sends",
        label=(6, 4),
        room=13,
        carries=_is("send_received"),
    )
    sketch.link(
        "first",
        "redis",
        (22, 7),
        (56, 7),
        says=f"[2] where is {recipient}?",
        label=(25, 6),
        carries=_is("sequence_assigned"),
    )
    known = (
        f"{recipient} is on {second}"
        if lit is None or lit.recipient_server
        else f"{recipient} is on no server"
    )
    number = f", seq {lit.seq}" if lit and lit.seq is not None else ""
    sketch.link(
        "redis", "first", (57, 9), (23, 9), says=f'"{known}"{number}', lit=bool(lit and lit.seq is not None)
    )
    sketch.label(25, 8, f'"{known}"{number}')
    sketch.link(
        "first",
        "kafka",
        (22, 13),
        (56, 13),
        says="[3] persists",
        label=(25, 12),
        carries=_is("message_appended"),
    )
    if lit:
        sketch.label(25, 14, lit.place)


def _delivering(sketch: Sketch) -> None:
    sketch.link("kafka", "worker", (68, 15), (68, 18), label=(70, 17), carries=_is("record_consumed"))
    sketch.link(
        "worker", "store", (57, 20), (43, 20), says="stores", label=(45, 19), carries=_is("message_stored")
    )
    sketch.link(
        "worker",
        "redis",
        (78, 20),
        (79, 20),
        (79, 8),
        says="asks again",
        label=(57, 11),
        carries=_is("route_looked_up"),
        only_lit=True,
    )
    sketch.link(
        "worker",
        "second",
        (68, 21),
        (68, 24),
        says="hands over",
        label=(52, 23),
        carries=_is("message_handed_over"),
    )
    sketch.link(
        "second",
        "recipient",
        (64, 28),
        (64, 31),
        says="[4] pushes",
        label=(48, 30),
        room=15,
        carries=_is("message_shown"),
    )


def _acknowledging(sketch: Sketch) -> None:
    sketch.link(
        "recipient",
        "second",
        (72, 32),
        (72, 29),
        says="ACK",
        label=(74, 30),
        room=6,
        carries=_is("receipt_taken"),
    )
    sketch.link(
        "second",
        "store",
        (57, 27),
        (35, 27),
        (35, 22),
        says="keeps it",
        label=(37, 25),
        carries=_is("receipt_kept"),
    )
    sketch.link(
        "second",
        "first",
        (57, 26),
        (12, 26),
        (12, 16),
        says="[5] ACK",
        label=(14, 25),
        carries=_is("receipt_handed_over"),
    )
    sketch.link(
        "first",
        "sender",
        (20, 6),
        (20, 3),
        says="✓ then ✓✓",
        label=(22, 4),
        carries=_is("message_sent", "message_status_changed"),
    )
