"""Deep dive 1, the phone's half: messages come in any order and are shown by sequence number."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import msgspec

from workbench.drawing.sketch import Sketch, phone_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.drawing.model import Figure, Hop

SHOWN = 10
_X, _WIDTH = 4, 70


class Arrival(msgspec.Struct, frozen=True):
    """A message as the phone came to know its number: pushed over the socket, or an own one by its ACK.

    `says` is what the screen shows of it; a copy is not shown again.
    """

    seq: int
    says: str
    copy: bool = False
    own: bool = False


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
    latest = ordered[-SHOWN:]
    arrived = [f"{place}.  seq {each.seq}{_remark(each, lit_seq)}" for place, each in numbered[-SHOWN:]]
    buffered = [f"[{seq}]  came as no. {kept[seq][0]}{'  <' if seq == lit_seq else ''}" for seq in latest]
    screen = [kept[seq][1].says for seq in latest]
    if len(numbered) > SHOWN:
        arrived.insert(0, f"{len(numbered) - SHOWN} earlier ones")
    if len(ordered) > SHOWN:
        buffered.insert(0, f"[{ordered[0]}] to [{ordered[-SHOWN - 1]}], {len(ordered) - SHOWN} messages")
        screen.insert(0, "further up")
    heading = (
        f"come to {phone_of(phone, 34)} in this order" if phone != "the recipient" else "come in this order"
    )
    top = _boxes(sketch, heading, arrived, buffered, screen)
    assert top  # noqa: S101  three boxes stand one below the other
    return sketch.finish(
        "client-buffer",
        "flow",
        "The client's sorted buffer",
        "Messages come in any order; the phone inserts them by sequence number and renders from that buffer.",
        *_notes(arrivals, ordered),
    )


def _boxes(sketch: Sketch, heading: str, arrived: list[str], buffered: list[str], screen: list[str]) -> int:
    middle = _X + _WIDTH // 2
    lit = bool(sketch.hops)
    arrivals = sketch.box("arrivals", _X, 0, _WIDTH, len(arrived) + 3, heading.upper(), *arrived)
    buffer = sketch.box(
        "buffer",
        _X,
        arrivals.bottom + 4,
        _WIDTH,
        len(buffered) + 3,
        "SORTED BUFFER, BY SEQUENCE NUMBER",
        *buffered,
    )
    sketch.box(
        "screen", _X, buffer.bottom + 4, _WIDTH, len(screen) + 3, "THE SCREEN RENDERS THE BUFFER", *screen
    )
    sketch.link(
        "arrivals",
        "buffer",
        (middle, arrivals.bottom),
        (middle, buffer.y - 1),
        says="inserts by seq",
        label=(middle + 2, arrivals.bottom + 2),
        room=28,
        carries=lambda _hop: True,
    )
    sketch.link("buffer", "screen", (middle, buffer.bottom), (middle, buffer.bottom + 3), lit=lit)
    return buffer.y


def _remark(arrival: Arrival, lit_seq: int | None) -> str:
    kind = "  a copy, dropped" if arrival.copy else "  its own, by the ACK" if arrival.own else ""
    return f"{kind}{'  <' if arrival.seq == lit_seq else ''}"


def _notes(arrivals: Sequence[Arrival], ordered: Sequence[int]) -> list[str]:
    """Count who came before a lower number, and the numbers that are not there."""
    lowest_behind = [*accumulate((each.seq for each in reversed(arrivals)), min)][::-1]
    early = sum(each.seq > lowest for each, lowest in zip(arrivals, lowest_behind[1:], strict=False))
    if early:
        notes = [f"{early} of {len(arrivals)} came before a lower number: by arrival they would stand wrong."]
    else:
        notes = ["In order, as far as it goes; nothing promises that the next one will be."]
    if ordered and (gap := ordered[-1] - ordered[0] + 1 - len(ordered)):
        notes.append(f"{gap} numbers in between have not come to this phone.")
    return notes
