"""Deep dive 1, the phone's half: messages come in any order and are shown by sequence number."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from workbench.drawing.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.drawing.model import Figure, Hop

SHOWN = 10
_X, _WIDTH = 4, 60


class Arrival(msgspec.Struct, frozen=True):
    """A message as it came over the socket. `says` is what the screen shows of it; a copy is not shown again."""

    seq: int
    says: str
    copy: bool = False


EXAMPLE = (Arrival(1044, "I'm outside"), Arrival(1042, "Hi"), Arrival(1043, "Still on for tonight?"))


def client_buffer(
    phone: str = "the recipient",
    arrivals: Sequence[Arrival] = EXAMPLE,
    hops: Sequence[Hop] = (),
    lit_seq: int | None = None,
) -> Figure:
    """Draw what arrived at a phone in one conversation, the buffer, and the screen; of many, the last in full."""
    sketch = Sketch(hops)
    numbered = list(enumerate(arrivals, start=1))
    kept = {each.seq: (place, each) for place, each in reversed(numbered)}
    ordered = sorted(kept)
    recent, latest = numbered[-SHOWN:], ordered[-SHOWN:]
    arrived = [
        f"{place}.  seq {each.seq}{'  a copy, dropped' if each.copy else ''}{_mark(each.seq, lit_seq)}"
        for place, each in recent
    ]
    if len(numbered) > SHOWN:
        arrived.insert(0, f"{len(numbered) - SHOWN} earlier arrivals")
    buffered = [f"[{seq}]  arrived as no. {kept[seq][0]}{_mark(seq, lit_seq)}" for seq in latest]
    screen = [kept[seq][1].says for seq in latest]
    if len(ordered) > SHOWN:
        buffered.insert(0, f"[{ordered[0]}] to [{ordered[-SHOWN - 1]}], {len(ordered) - SHOWN} messages")
        screen.insert(0, "further up")
    y = 0
    middle = _X + _WIDTH // 2
    for box_id, title, lines in (
        (
            "arrivals",
            f"arrive at {phone}'s phone in this order" if hops else "arrive over the WebSocket",
            arrived,
        ),
        ("buffer", "sorted buffer, by sequence number", buffered),
        ("screen", "the screen renders the buffer", screen),
    ):
        width = max([_WIDTH, *(len(line) + 4 for line in lines)])
        sketch.box(box_id, _X, y, min(width, 74), len(lines) + 3, title.upper(), *lines)
        if box_id == "arrivals":
            sketch.link(
                "arrivals",
                "buffer",
                (middle, y + len(lines) + 2),
                (middle, y + len(lines) + 5),
                says="insert by seq",
                label=(middle + 2, y + len(lines) + 4),
                room=28,
                carries=lambda _hop: True,
            )
        if box_id == "buffer":
            sketch.link(
                "buffer", "screen", (middle, y + len(lines) + 2), (middle, y + len(lines) + 5), lit=bool(hops)
            )
        y += len(lines) + 6
    disordered = sum(a.seq > b.seq for a, b in pairwise(arrivals))
    note = f"{disordered} of {len(numbered)} came before a lower number; sorting by arrival would show them wrong."
    return sketch.finish(
        "client-buffer",
        "flow",
        "The client's sorted buffer",
        "Messages come in any order; the phone inserts them by sequence number and renders from that buffer.",
        note
        if disordered or not hops
        else f"All {len(numbered)} came in order; nothing promises that they will.",
    )


def _mark(seq: int, lit_seq: int | None) -> str:
    return "  <" if seq == lit_seq else ""
