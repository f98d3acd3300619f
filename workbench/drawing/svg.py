"""Turns a figure's cells into the pixels of an SVG; the markup itself is in `diagrams/macros.svg.j2`. Pure."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

import msgspec
from rich.cells import cell_len

from workbench.drawing.model import WIDTH, Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.drawing.model import Box, Figure, Link

_BLANKS = re.compile(" {2,}")
"""They would shrink to one, and the columns with them."""

CELL_WIDTH, CELL_HEIGHT = 9.0, 19.0
"""Pixels of a cell; a monospaced letter of 15 pixels is 9 wide."""

BASELINE = 5.0
"""From the middle of a line down to the baseline of its letters."""


class Rect(msgspec.Struct, frozen=True):
    """A box in pixels."""

    x: float
    y: float
    width: float
    height: float
    look: Look
    group: bool


class Path(msgspec.Struct, frozen=True):
    """A line and its arrowheads, as SVG path data. `hops` is for whoever asks the picture what crossed here."""

    line: str
    heads: str
    look: Look
    hops: str
    says: str


class Words(msgspec.Struct, frozen=True):
    """A line of text from its baseline: `length` pixels, whatever the font.

    `x` is its left end, or its middle if it is `centred`; `over` hides the line that it stands on.
    """

    x: float
    y: float
    length: float
    text: str
    look: Look
    over: bool = False
    centred: bool = False
    title: bool = False


class Picture(msgspec.Struct, frozen=True):
    """What an SVG draws, in pixels."""

    width: float
    height: float
    groups: list[Rect]
    boxes: list[Rect]
    paths: list[Path]
    lanes: list[str]
    words: list[Words]


def picture(figure: Figure, heading: str = "", below: Sequence[str] = ()) -> Picture:
    """Place everything that an SVG draws: the heading, the figure under it, and lines of words at its foot."""
    top = 2 if heading else 0
    moved = _moved(figure, top)
    words = [msgspec.structs.replace(_words(0, 0, heading, Look.PLAIN), title=True)] if heading else []
    words += [_words(label.x, label.y, label.text, label.look, over=True) for label in moved.labels]
    for box in moved.boxes:
        words += _words_of(box)
    foot = top + figure.height + 1
    lines = [
        part for line in below for part in (textwrap.wrap(line, WIDTH) if cell_len(line) > WIDTH else [line])
    ]
    words += [
        _words(
            cell_len(line) - cell_len(line.lstrip()),
            foot + number,
            _BLANKS.sub(lambda run: "\u00a0" * len(run[0]), line.strip()),
            Look.PLAIN,
        )
        for number, line in enumerate(lines)
        if line.strip()
    ]
    height = foot + len(lines) if lines else top + figure.height
    width = max([figure.width, cell_len(heading), *(cell_len(line) for line in lines)])
    return Picture(
        width * CELL_WIDTH + CELL_WIDTH,
        height * CELL_HEIGHT + CELL_HEIGHT / 2,
        [_rect(box) for box in moved.boxes if box.group],
        [_rect(box) for box in moved.boxes if not box.group],
        [_path(link) for link in sorted(moved.links, key=lambda link: link.look is Look.LIT)],
        [f"M{_x(lane.x)} {_y(lane.y)}V{_y(lane.bottom)}" for lane in moved.lanes],
        words,
    )


def _moved(figure: Figure, down: int) -> Figure:
    change = msgspec.structs.replace
    return change(
        figure,
        boxes=tuple(change(box, y=box.y + down) for box in figure.boxes),
        labels=tuple(change(label, y=label.y + down) for label in figure.labels),
        lanes=tuple(change(lane, y=lane.y + down, bottom=lane.bottom + down) for lane in figure.lanes),
        links=tuple(
            change(link, points=tuple((x, y + down) for x, y in link.points)) for link in figure.links
        ),
    )


def _x(column: float) -> float:
    return round((column + 0.5) * CELL_WIDTH, 1)


def _y(line: float) -> float:
    return round((line + 0.5) * CELL_HEIGHT, 1)


def _rect(box: Box) -> Rect:
    width, height = (box.width - 1) * CELL_WIDTH, (box.height - 1) * CELL_HEIGHT
    return Rect(_x(box.x), _y(box.y), width, height, box.look, box.group)


def _words(x: int, y: int, text: str, look: Look, *, over: bool = False) -> Words:
    return Words(x * CELL_WIDTH, _y(y) + BASELINE, cell_len(text) * CELL_WIDTH, text, look, over)


def _words_of(box: Box) -> list[Words]:
    if box.group:
        return [_words(box.x + 3, box.y, box.lines[0], box.look, over=True)]
    middle = (box.y + box.bottom) / 2 - (len(box.lines) - 1) / 2
    centre = (_x(box.x) + _x(box.right)) / 2
    return [
        Words(
            centre, _y(middle + number) + BASELINE, cell_len(line) * CELL_WIDTH, line, box.look, centred=True
        )
        for number, line in enumerate(box.lines)
    ]


def _path(link: Link) -> Path:
    points = [(float(x), float(y)) for x, y in link.points]
    points[-1] = _onward(points[-2], points[-1])
    heads = _head(points[-2], points[-1])
    if link.both_ways:
        heads += _head(points[1], points[0])
    line = "M" + "L".join(f"{_x(x)} {_y(y)}" for x, y in points)
    return Path(line, heads, link.look, " ".join(map(str, link.hops)), link.says)


def _onward(before: tuple[float, float], last: tuple[float, float]) -> tuple[float, float]:
    (x0, y0), (x1, y1) = before, last
    return x1 + (x1 > x0) - (x1 < x0), y1 + (y1 > y0) - (y1 < y0)


def _head(before: tuple[float, float], tip: tuple[float, float]) -> str:
    x, y = _x(tip[0]), _y(tip[1])
    along = ((tip[0] > before[0]) - (tip[0] < before[0]), (tip[1] > before[1]) - (tip[1] < before[1]))
    back = (x - 10 * along[0], y - 10 * along[1])
    side = (5 * along[1], 5 * along[0])
    corners = [(x, y), (back[0] + side[0], back[1] + side[1]), (back[0] - side[0], back[1] - side[1])]
    return "M" + "L".join(f"{round(px, 1)} {round(py, 1)}" for px, py in corners) + "Z"
