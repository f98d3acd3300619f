"""Deep dive 3, everything together: an action survives a lost connection, and what follows when there is one again.

Lit by a phone: its newest reconnect, in milliseconds since the loss. The hops are those of the phone that comes back
(to the balancer, into the map, of its sync) and those of the messages that waited in its outbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.device.protocol import BACKOFF_CAP_S, Status, backoff_bound
from workbench.drawing.journey import counted
from workbench.drawing.sketch import Sketch, carrying, phone_of
from workbench.tracing.narration import TICKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.drawing.model import Figure, Hop
    from workbench.drawing.reconnecting import Reconnect

_LEFT, _LEFT_WIDTH = 1, 32
_RIGHT, _RIGHT_WIDTH = 46, 32
NAMED = 2
"""So many messages that waited are named, more are counted."""
_DOWN, _DOWN_RIGHT = _LEFT + _LEFT_WIDTH // 2, _RIGHT + _RIGHT_WIDTH // 2


def reconnect(lit: Reconnect | None = None) -> Figure:
    """Draw the outbox, its two ways, and the way back from the second into the first."""
    sketch = Sketch(lit.hops if lit else ())
    _acting(sketch, lit)
    _connected(sketch, lit)
    _disconnected(sketch, lit)
    _back(sketch, lit)
    return sketch.finish(
        "reconnect",
        "flow",
        "The reconnect story" if lit is None else f"The newest reconnect of {phone_of(lit.user, 45)}",
        "What was typed stays PENDING without a connection; then reconnect, register, sync, and the outbox drains.",
        *_notes(lit),
    )


def _notes(lit: Reconnect | None) -> list[str]:
    if lit is None:
        return ["The cursor is the contiguous prefix, never the highest number seen: a gap is fetched, too."]
    notes = [f"Milliseconds since the loss: {lit.cause}."]
    if lit.online_ms is None:
        notes.append("It is not over: the phone has no connection yet.")
    return notes


def _ms(at: float | None) -> str:
    return f"{at:.1f} ms" if at is not None else ""


def _box(sketch: Sketch, box_id: str, y: int, *lines: str, right: bool = False, height: int = 4) -> None:
    x, width = (_RIGHT, _RIGHT_WIDTH) if right else (_LEFT, _LEFT_WIDTH)
    sketch.box(box_id, x, y, width, height, *lines)


def _acting(sketch: Sketch, lit: Reconnect | None) -> None:
    waits = lit is not None and bool(lit.waiting)
    names = _outgoing(lit) if lit else ""
    _box(
        sketch,
        "action",
        0,
        f"{phone_of(lit.user, 20)}: a message" if lit else "types a message, sends",
        height=3,
    )
    _box(sketch, "pending", 5, "local DB write", f"{TICKS['pending']} PENDING")
    _box(sketch, "render", 5, "optimistic render", "on the screen at once", right=True)
    _box(
        sketch,
        "outbox",
        12,
        "outgoing queue",
        names or "in the same database",
    )
    sketch.link("action", "pending", (_DOWN, 2), (_DOWN, 4), lit=waits)
    sketch.link("pending", "render", (32, 7), (45, 7), lit=waits)
    sketch.link("pending", "outbox", (_DOWN, 8), (_DOWN, 11), lit=waits)
    if waits:
        sketch.touch("action", "pending", "render", "outbox")


def _outgoing(lit: Reconnect) -> str:
    return (
        ", ".join(lit.waiting)
        if 0 < len(lit.waiting) <= NAMED
        else f"{counted(len(lit.waiting), 'message')} waiting"
    )


def _reaches(status: Status) -> Callable[[Hop], bool]:
    return lambda hop: hop.status == status


def _connected(sketch: Sketch, lit: Reconnect | None) -> None:
    sent = f"{len(lit.sent)} of {len(lit.waiting)} by now" if lit and lit.waiting else ""
    _box(sketch, "send", 12, "sends over WebSocket", _ms(lit.first_sent_ms) if lit else "at once", right=True)
    _box(sketch, "sent", 19, f"PENDING → SENT {TICKS['sent']}", sent or "server ACK", right=True)
    _box(
        sketch,
        "delivered",
        26,
        f"SENT → DELIVERED {TICKS['delivered']}",
        "recipient's phone ACKs",
        right=True,
    )
    _box(sketch, "read", 33, f"DELIVERED → READ {TICKS['read']}", "conversation opened", right=True)
    sketch.link("outbox", "send", (32, 13), (45, 13), says="connected", label=(34, 12), room=11)
    for source, target, y, status in (
        ("send", "sent", 15, Status.SENT),
        ("sent", "delivered", 22, Status.DELIVERED),
        ("delivered", "read", 29, Status.READ),
    ):
        sketch.link(
            source,
            target,
            (_DOWN_RIGHT, y),
            (_DOWN_RIGHT, y + 3),
            label=(_DOWN_RIGHT + 2, y + 2),
            room=15,
            carries=_reaches(status),
        )


def _disconnected(sketch: Sketch, lit: Reconnect | None) -> None:
    first = [f"{backoff_bound(attempt):g}" for attempt in range(4)]
    tries = f"{counted(lit.attempts, 'attempt')} to connect" if lit else ""
    lost = f"{lit.cause} 0.0 ms" if lit else ""
    restored = f"{lit.restored.what} {lit.restored.at_ms:.1f} ms" if lit and lit.restored else ""
    waits = f"tries again: {', '.join(first)} … {BACKOFF_CAP_S:g} s"
    _box(sketch, "stays", 20, "stays PENDING, no error shown", tries or waits)
    again = lit is not None and (lit.restored is not None or lit.online_ms is not None)
    by_app = lit is not None and lit.restored is not None and lit.restored.what.startswith("app ")
    _box(sketch, "restored", 29, "the app runs again" if by_app else "the network is restored", restored)
    sketch.link(
        "outbox",
        "stays",
        (_DOWN, 15),
        (_DOWN, 19),
        says="disconnected",
        label=(_DOWN + 2, 17),
        lit=lit is not None,
    )
    sketch.label(_DOWN + 2, 18, lost)
    sketch.link(
        "stays",
        "restored",
        (_DOWN, 23),
        (_DOWN, 28),
        says="NetInfo",
        label=(_DOWN + 2, 26),
        lit=again,
    )
    if lit:
        sketch.touch("stays", *(["restored"] if restored else []))


def _back(sketch: Sketch, lit: Reconnect | None) -> None:
    online = _ms(lit.online_ms) if lit else "through the load balancer"
    where = f"on {lit.server}" if lit and lit.server else "user → server in Redis"
    synced = (
        f"{counted(lit.fetched, 'message')}, {_ms(lit.synced_ms)}"
        if lit and lit.synced_ms is not None
        else ""
    )
    _box(sketch, "reconnects", 39, "WebSocket reconnects", online)
    _box(sketch, "registers", 39, "registers again", where, right=True)
    _box(sketch, "sync", 46, "delta sync", synced or "contiguous cursor → now")
    _box(sketch, "incoming", 46, "incoming messages", "ordered by seq", right=True)
    _box(
        sketch,
        "drains",
        53,
        "the queue drains, in order",
        _ms(lit.first_sent_ms) if lit else "one at a time a chat",
    )
    sketch.link(
        "restored",
        "reconnects",
        (_DOWN, 32),
        (_DOWN, 38),
        label=(_DOWN + 2, 36),
        room=20,
        carries=carrying("connect_directed"),
        lit=bool(lit and lit.online_ms is not None),
    )
    sketch.link(
        "reconnects",
        "registers",
        (32, 41),
        (45, 41),
        label=(34, 40),
        room=6,
        carries=carrying("route_registered"),
    )
    sketch.link(
        "reconnects",
        "sync",
        (_DOWN, 42),
        (_DOWN, 45),
        label=(_DOWN + 2, 44),
        room=20,
        carries=carrying("sync_served"),
    )
    sketch.link(
        "sync", "incoming", (32, 48), (45, 48), label=(34, 47), room=6, carries=carrying("message_shown")
    )
    sketch.link(
        "sync",
        "drains",
        (_DOWN, 49),
        (_DOWN, 52),
        says="then",
        label=(_DOWN + 2, 51),
        room=20,
        carries=carrying("sync_finished"),
    )
    sketch.link(
        "drains",
        "send",
        (32, 55),
        (43, 55),
        (43, 14),
        (45, 14),
        says="message sends",
        label=(45, 55),
        room=33,
        carries=carrying("send_received"),
    )
    if lit and lit.online_ms is not None:
        sketch.touch("reconnects")
