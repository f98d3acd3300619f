"""One lane a process, time downwards: every hop of a message, or of a stretch of a run.

Ten thousand events do not fit on a screen, so hops of one kind between the same lanes fold into one arrow that says
how many it stands for, and lanes of one kind fold into one when there are too many to stand side by side. Nothing is
left out: the counts add up to all hops of the stretch, and what happened inside a process is counted below its lane.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
from rich.cells import cell_len

from workbench.drawing.journey import hops_of
from workbench.drawing.model import WIDTH, Hop, Look, numbers
from workbench.drawing.sketch import Sketch, shorten
from workbench.drawing.topology import PHONE, natural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.drawing.model import Figure
    from workbench.drawing.topology import Topology
    from workbench.tracing.journal import Seen

MAX_LANES = 8
MAX_ROWS = 40
MARGIN = 14
ORDER = (
    PHONE,
    "load_balancer",
    "chat_server",
    "redis",
    "kafka",
    "delivery_worker",
    "message_store",
    "directory",
    "push",
    "apns",
    "fcm",
)
PLURAL = {PHONE: "phones", "chat_server": "chat ×{}", "delivery_worker": "workers"}


class Row(msgspec.Struct, frozen=True):
    """One arrow: the hops that it stands for, all of one kind between the same two lanes."""

    source: str
    target: str
    hops: tuple[Hop, ...]

    @property
    def says(self) -> str:
        """Say what crossed, or how often."""
        if len(self.hops) == 1:
            return self.hops[0].what
        return f"×{len(self.hops)} {self.hops[0].kind.replace('_', ' ')}"


def spacetime(events: Sequence[Seen], topology: Topology, about: str) -> Figure:
    """Draw the events, which are in order of time. `about` names the message or the stretch for the title."""
    began = events[0].t_ns if events else 0
    hops = hops_of(events, began)
    local = [each for each in events if each.link is None]
    ends = [name for hop in hops for name in (hop.source, hop.target)]
    ends += [_home(each, topology) for each in local]
    lane_of = _lanes(dict.fromkeys(ends), topology)
    rows = _fold(hops, lane_of)
    return _draw(rows, hops, Counter(lane_of[_home(each, topology)] for each in local), lane_of, about)


def _home(event: Seen, topology: Topology) -> str:
    user = event.facts.get("user")
    return (
        user if topology.kind_of(event.component) == "phones" and isinstance(user, str) else event.component
    )


def _lanes(names: Iterable[str], topology: Topology) -> dict[str, str]:
    """Map each end to its lane, in the order of their coming: its own, or that of its kind if they are too many."""

    def rank(name: str) -> tuple[int, tuple[str, int]]:
        kind = topology.kind_of(name)
        return (ORDER.index(kind) if kind in ORDER else len(ORDER), natural(name))

    ordered = list(names)
    lanes = {name: name for name in ordered}
    if len(ordered) > MAX_LANES:
        ordered.sort(key=rank)
        lanes = {name: name for name in ordered}
    for kind, plural in PLURAL.items():
        if len(set(lanes.values())) <= MAX_LANES:
            break
        of_kind = [name for name in ordered if topology.kind_of(name) == kind]
        if len(of_kind) > 1:
            lanes |= dict.fromkeys(of_kind, plural.format(len(of_kind)))
    rest = list(dict.fromkeys(lanes.values()))[MAX_LANES - 1 :]
    if len(rest) > 1:
        lanes = {name: "others" if lane in rest else lane for name, lane in lanes.items()}
    return lanes


def _fold(hops: Sequence[Hop], lane_of: dict[str, str]) -> list[Row]:
    """Fold as little as makes the rows fit: first nothing, then hops of a kind within ever longer slices of time."""
    if len(hops) <= MAX_ROWS:
        return [Row(lane_of[hop.source], lane_of[hop.target], (hop,)) for hop in hops]
    slices = MAX_ROWS // 2
    while True:
        rows = _sliced(hops, lane_of, slices)
        if len(rows) <= MAX_ROWS or slices == 1:
            return rows
        slices -= 1


def _sliced(hops: Sequence[Hop], lane_of: dict[str, str], slices: int) -> list[Row]:
    first, last = hops[0].at_ms, hops[-1].at_ms
    length = (last - first) / slices or 1.0
    groups: dict[tuple[int, str, str, str], list[Hop]] = {}
    for hop in hops:
        place = min(int((hop.at_ms - first) / length), slices - 1)
        groups.setdefault((place, lane_of[hop.source], lane_of[hop.target], hop.kind), []).append(hop)
    return [Row(source, target, tuple(of)) for (_place, source, target, _kind), of in groups.items()]


def _draw(
    rows: Sequence[Row], hops: Sequence[Hop], local: Counter[str], lane_of: dict[str, str], about: str
) -> Figure:
    sketch = Sketch(hops)
    lanes = list(dict.fromkeys(lane_of.values()))
    step = min(16, (WIDTH - 4 - MARGIN) // max(len(lanes) - 1, 1))
    x_of = {lane: MARGIN + place * step for place, lane in enumerate(lanes)}
    bottom = 3 + 2 * len(rows)
    heads = {lane: shorten(lane, max(2 * step - 2, 3) if len(lanes) > 1 else 20) for lane in lanes}
    for place, lane in enumerate(lanes):
        head = heads[lane]
        sketch.label(max(0, min(x_of[lane] - cell_len(head) // 2, WIDTH - cell_len(head))), place % 2, head)
        sketch.lane(lane, x_of[lane], 2, bottom)
        sketch.label(x_of[lane] - 1, bottom + 1, f"+{local[lane]}" if local[lane] else "")
    for place, row in enumerate(rows):
        _draw_row(sketch, row, 4 + 2 * place, x_of)
    return sketch.finish(
        "spacetime",
        "sequence",
        f"Spacetime of {about}",
        f"{len(hops)} hops between {len(lanes)} lanes, time downwards, milliseconds since the first event.",
        *_notes(rows, hops, local, lane_of),
    )


def _draw_row(sketch: Sketch, row: Row, y: int, x_of: dict[str, int]) -> None:
    source, target = x_of[row.source], x_of[row.target]
    mine = {hop.number for hop in row.hops}
    at = f"{row.hops[0].at_ms:.1f}"
    sketch.label(8 - len(at), y, at, Look.LANE)
    sketch.label(9, y, numbers([row.hops[0].number]) if len(mine) == 1 else "", Look.LIT)
    ahead = 1 if target > source else -1
    points = [(source, y), (target - ahead, y)] if source != target else [(source, y), (source + 3, y)]
    sketch.link(row.source, row.target, *points, says=row.says, carries=lambda hop: hop.number in mine)
    says = shorten(row.says, WIDTH - MARGIN)
    left = min(source, target) + 2
    sketch.label(max(MARGIN, min(left, WIDTH - cell_len(says))), y - 1, says)


def _notes(
    rows: Sequence[Row], hops: Sequence[Hop], local: Counter[str], lane_of: dict[str, str]
) -> list[str]:
    notes = []
    if len(rows) < len(hops):
        notes.append(
            f"Folded: {len(hops)} hops in {len(rows)} arrows; ×n stands for n hops of a kind, from that time on."
        )
    folded = Counter(lane_of.values())
    several = [f"{count} in {lane}" for lane, count in folded.items() if count > 1]
    if several:
        notes.append(f"Lanes folded: {', '.join(several)}.")
    if local:
        notes.append("+n below a lane: what it did by itself, without a hop; `workbench journal` tells it.")
    assert all(a.at_ms <= b.at_ms for a, b in pairwise(hops))  # noqa: S101  the reader sorted them
    return notes
