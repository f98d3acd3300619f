"""A figure as a value: boxes, links, lanes and hops on a grid of character cells. Pure.

All renderers draw the same figure, so a picture in the terminal and its SVG cannot differ in what they claim. A cell
is one character wide and one line high; (0, 0) is the upper left. A box's border lies on its outermost cells. A link
starts on its source's border and ends on the cell before its target's border, where the arrowhead is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 80
"""Columns that every figure fits in."""

Point = tuple[int, int]


class Look(StrEnum):
    """How a box or link is drawn. Never by colour alone: lit lines are heavy, what is not built is dashed."""

    PLAIN = "plain"
    LIT = "lit"
    UNBUILT = "unbuilt"
    LANE = "lane"


class Hop(msgspec.Struct, frozen=True):
    """One journal event that proves a message's way from one box to another.

    `number` counts from 1 in order of time; `at_ms` is milliseconds since the first event of the message; `what` says
    it in a few words; `status` is the status that the sender's phone reached with it, or empty.
    """

    number: int
    step: int | None
    source: str
    target: str
    at_ms: float
    kind: str
    what: str
    status: str = ""


class Box(msgspec.Struct, frozen=True):
    """A box: `id` is what links refer to; `lines` is what stands in it. `group` boxes hold others."""

    id: str
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]
    look: Look = Look.PLAIN
    group: bool = False

    @property
    def right(self) -> int:
        """The column of its right border."""
        return self.x + self.width - 1

    @property
    def bottom(self) -> int:
        """The line of its lower border."""
        return self.y + self.height - 1

    @property
    def middle(self) -> int:
        """The column in its middle."""
        return self.x + self.width // 2


class Label(msgspec.Struct, frozen=True):
    """Text on the grid, beginning at (x, y)."""

    x: int
    y: int
    text: str
    look: Look = Look.PLAIN

    @property
    def width(self) -> int:
        """Columns that it takes."""
        return cell_len(self.text)


class Link(msgspec.Struct, frozen=True):
    """An arrow. `says` is its meaning in words (for Mermaid and screen readers), `hops` the hops that it carried."""

    source: str
    target: str
    points: tuple[Point, ...]
    says: str = ""
    look: Look = Look.PLAIN
    hops: tuple[int, ...] = ()
    both_ways: bool = False


class Lane(msgspec.Struct, frozen=True):
    """A lifeline: the process whose life runs down column x from line y to `bottom`."""

    id: str
    x: int
    y: int
    bottom: int


class Figure(msgspec.Struct, frozen=True):
    """Everything that is drawn, and `hops`, which the legend lists. `kind` is flow, sequence or states."""

    name: str
    kind: str
    title: str
    description: str
    boxes: tuple[Box, ...] = ()
    links: tuple[Link, ...] = ()
    labels: tuple[Label, ...] = ()
    lanes: tuple[Lane, ...] = ()
    hops: tuple[Hop, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Columns."""
        ends = [box.right + 1 for box in self.boxes]
        ends += [label.x + label.width for label in self.labels]
        ends += [x + 1 for link in self.links for x, _y in link.points]
        ends += [lane.x + 1 for lane in self.lanes]
        return max(ends, default=0)

    @property
    def height(self) -> int:
        """Lines."""
        ends = [box.bottom + 1 for box in self.boxes]
        ends += [label.y + 1 for label in self.labels]
        ends += [y + 1 for link in self.links for _x, y in link.points]
        ends += [lane.bottom + 1 for lane in self.lanes]
        return max(ends, default=0)


def numbers(hops: Sequence[int]) -> str:
    """Write hop numbers in parentheses, rows of them as a range: (1), (2,5), (4-9). Nothing for no hops."""
    if not hops:
        return ""
    runs: list[list[int]] = []
    for hop in sorted(hops):
        if runs and hop == runs[-1][-1] + 1:
            runs[-1].append(hop)
        else:
            runs.append([hop])
    said = [
        str(run[0]) if len(run) == 1 else f"{run[0]}{',' if len(run) == 2 else '-'}{run[-1]}"  # noqa: PLR2004  a pair
        for run in runs
    ]
    return f"({','.join(said)})"
