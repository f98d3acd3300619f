"""Step 4b: a message is in the phone's own database before anything else, and leaves it when there is a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.drawing.sketch import Sketch, carrying, phone_of, shorten
from workbench.tracing.narration import TICKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.drawing.comings import Moment, Outbox
    from workbench.drawing.journey import Journey
    from workbench.drawing.model import Figure

CLAIMS = ("send_received", "message_sent")
_WIDTH, _SIDE, _SIDE_WIDTH = 42, 49, 30
LISTED = 12
ATTEMPTS = 3


def offline_first(lit: Journey | None = None, waited: Outbox | None = None) -> Figure:
    """Draw the way from the keyboard to ✓, with what the phone was doing meanwhile if a message is given."""
    sketch = Sketch(hop for hop in lit.hops if hop.kind in CLAIMS) if lit else Sketch()
    sender = lit.sender if lit else "the sender"
    attempts = waited.sent_ms if waited else ()
    pending = "  0.0 ms" if lit else ""
    sketch.box("types", 1, 0, _WIDTH, 3, f"typed on {phone_of(sender, 30)}")
    sketch.box(
        "pending",
        1,
        6,
        _WIDTH,
        4,
        "local DB (SQLite), before anything else",
        f"{TICKS['pending']} PENDING{pending}",
    )
    sketch.box(
        "outbox", 1, 13, _WIDTH, 4, "dequeued in order, one at a time", _waited(waited) if waited else ""
    )
    sketch.box("socket", 1, 20, _WIDTH, 4, "sent over WebSocket", _attempts(attempts))
    server = (lit and lit.sender_server) or "the chat server"
    sketch.box("server", 1, 27, _WIDTH, 3, f"{server}: in the log, ACK")
    sketch.box(
        "sent", 1, 33, _WIDTH, 4, f"local DB: PENDING → SENT {TICKS['sent']}", _settled(lit) if lit else ""
    )
    middle = 1 + _WIDTH // 2
    sketch.link("types", "pending", (middle, 2), (middle, 5), lit=lit is not None)
    sketch.link(
        "pending",
        "outbox",
        (middle, 9),
        (middle, 12),
        says="when connection restores",
        label=(middle + 2, 11),
        lit=bool(attempts),
    )
    sketch.link("outbox", "socket", (middle, 16), (middle, 19), lit=bool(attempts))
    sketch.link(
        "socket",
        "server",
        (middle, 23),
        (middle, 26),
        says="send",
        label=(middle + 2, 25),
        room=24,
        carries=carrying("send_received"),
    )
    sketch.link(
        "server",
        "sent",
        (middle, 29),
        (middle, 32),
        says="ACK",
        label=(middle + 2, 31),
        room=24,
        carries=carrying("message_sent"),
    )
    _beside(sketch, waited)
    if lit:
        sketch.touch("types", "pending", *(["outbox", "socket"] if attempts else []))
        if len(lit.reached) > 1:
            sketch.touch("sent")
    return sketch.finish(
        "offline-first",
        "flow",
        "Offline first" if lit is None else f"{lit.message_id} in the outbox of {shorten(sender, 36)}",
        "A message is committed to the phone's own database first; it is sent in order when there is a connection.",
        "Messages and outbox are one database: a kill between two stores could lose or double a send.",
        *(
            [f"Sent {len(attempts)} times: the server knows it by its id and gives the same number."]
            if len(attempts) > 1
            else []
        ),
    )


def _waited(waited: Outbox) -> str:
    return "still waits" if waited.waited_ms is None else f"after {waited.waited_ms:.1f} ms in the outbox"


def _attempts(sent_ms: Sequence[float]) -> str:
    if not sent_ms:
        return ""
    named = ", ".join(f"{at:.1f}" for at in sent_ms[:ATTEMPTS])
    more = f" … {sent_ms[-1]:.1f}" if len(sent_ms) > ATTEMPTS else ""
    return f"{len(sent_ms)} {'attempt' if len(sent_ms) == 1 else 'attempts'}: {named}{more} ms"


def _settled(lit: Journey) -> str:
    if "sent" in lit.reached:
        return f"{lit.reached['sent']:.1f} ms"
    later = [status for status in lit.reached if status != "pending"]
    return f"no ACK came; {later[0].upper()} {lit.reached[later[0]]:.1f} ms" if later else "not yet"


def _beside(sketch: Sketch, waited: Outbox | None) -> None:
    """Say what the phone was doing while the message waited."""
    if waited is None:
        sketch.box(
            "meanwhile",
            _SIDE,
            6,
            _SIDE_WIDTH,
            7,
            "WHY IT WAITS",
            "no connection",
            "a sync comes first",
            "the one before it has",
            "no ACK yet",
        )
        return
    lines = [f"{at.at_ms:.1f}  {at.what}" for at in _some(waited.meanwhile)]
    if missing := len(waited.meanwhile) - len(lines):
        lines.insert(LISTED // 2, f"({missing} more)")
    sketch.box("meanwhile", _SIDE, 6, _SIDE_WIDTH, len(lines) + 3, "THE PHONE MEANWHILE, ms", *lines)


def _some(moments: Sequence[Moment]) -> list[Moment]:
    if len(moments) <= LISTED:
        return list(moments)
    return [*moments[: LISTED // 2], *moments[-LISTED // 2 :]]
