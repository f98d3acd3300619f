"""Draws a figure on a grid of characters: lines join where they meet, whatever their weights. Pure."""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from workbench.drawing.model import Look

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.drawing.model import Box, Figure, Link, Point

UP, DOWN, LEFT, RIGHT = range(4)
LIGHT, HEAVY = 1, 2
Arms = tuple[int, int, int, int]
"""The weight of a cell's line in each direction: up, down, left, right; 0 is none."""

STYLES = {Look.PLAIN: "", Look.LIT: "bold cyan", Look.UNBUILT: "dim", Look.LANE: "dim"}
_ARROWS = {UP: "▲", DOWN: "▼", LEFT: "◀", RIGHT: "▶"}
_ASCII_CELLS = {
    "▲": "^",
    "▼": "v",
    "◀": "<",
    "▶": ">",
    "→": ">",
    "✓": "v",
    "⏳": ".",
    "🔵": "o",
    "×": "x",
    "…": "~",
}
"""One cell each, so that what lies beside them stays in its column."""
_DASHED = {"─": "╌", "│": "┆", "━": "╍", "┃": "┇"}
_ASCII_WORDS = str.maketrans(
    {
        "→": "->",
        "←": "<-",
        "✓": "v",
        "⏳": "..",
        "🔵": "(r)",
        "×": "x",
        "·": "*",
        "…": "...",
        "≤": "<=",
        "●": "o",
    }
)


@cache
def _box_drawing() -> dict[Arms, str]:
    """Read the line characters off their Unicode names, such as BOX DRAWINGS DOWN HEAVY AND RIGHT LIGHT."""
    sides = {
        "UP": (UP,),
        "DOWN": (DOWN,),
        "LEFT": (LEFT,),
        "RIGHT": (RIGHT,),
        "VERTICAL": (UP, DOWN),
        "HORIZONTAL": (LEFT, RIGHT),
    }
    weights = {"LIGHT": LIGHT, "HEAVY": HEAVY}
    table: dict[Arms, str] = {}
    for code in range(0x2500, 0x2580):
        words = unicodedata.name(chr(code)).removeprefix("BOX DRAWINGS ").split()
        if not set(words) <= {*sides, *weights, "AND"}:
            continue
        arms = [0, 0, 0, 0]
        weight, open_sides = 0, list[int]()
        if words[0] in weights:  # the weight stands before its directions: LIGHT LEFT AND HEAVY RIGHT
            for word in words:
                weight = weights.get(word, weight)
                for side in sides.get(word, ()):
                    arms[side] = weight
        else:  # or after them: LEFT LIGHT AND RIGHT HEAVY
            for word in words:
                open_sides += sides.get(word, ())
                if word in weights:
                    for side in open_sides:
                        arms[side] = weights[word]
                    open_sides = []
        table[arms[0], arms[1], arms[2], arms[3]] = chr(code)
    return table


class Canvas:
    """A grid that remembers which lines cross each cell, and what is written over them."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._arms: dict[Point, list[int]] = {}
        self._looks: dict[Point, Look] = {}
        self._written: dict[Point, str] = {}

    def line(self, start: Point, end: Point, look: Look) -> None:
        """Draw a straight line between two cells, both included."""
        weight = HEAVY if look is Look.LIT else LIGHT
        (x0, y0), (x1, y1) = start, end
        step = ((x1 > x0) - (x1 < x0), (y1 > y0) - (y1 < y0))
        ahead = {(1, 0): RIGHT, (-1, 0): LEFT, (0, 1): DOWN, (0, -1): UP}[step]
        back = {RIGHT: LEFT, LEFT: RIGHT, UP: DOWN, DOWN: UP}[ahead]
        here = start
        while here != end:
            there = (here[0] + step[0], here[1] + step[1])
            self._join(here, ahead, weight, look)
            self._join(there, back, weight, look)
            here = there

    def _join(self, cell: Point, side: int, weight: int, look: Look) -> None:
        arms = self._arms.setdefault(cell, [0, 0, 0, 0])
        arms[side] = max(arms[side], weight)
        before = self._looks.get(cell)
        if before is None or look is Look.LIT or before in (Look.UNBUILT, Look.LANE):
            self._looks[cell] = look

    def write(self, at: Point, text: str, look: Look) -> None:
        """Write text over whatever lies there; a wide character takes two cells."""
        x, y = at
        for char in text:
            wide = cell_len(char)
            if wide == 0 and (x - 1, y) in self._written:  # a combining mark joins the character before it
                self._written[x - 1, y] += char
                continue
            self._written[x, y] = char
            self._looks[x, y] = look
            for behind in range(1, wide):
                self._written[x + behind, y] = ""
            x += wide

    def blank(self, box: Box) -> None:
        """Clear a box's inside, so that what runs behind it does not show through."""
        for y in range(box.y + 1, box.bottom):
            for x in range(box.x + 1, box.right):
                self._arms.pop((x, y), None)

    def rows(self, *, ascii_only: bool) -> list[Text]:
        """Give the lines as styled text, without trailing blanks."""
        rows = []
        for y in range(self.height):
            row = Text()
            for x in range(self.width):
                cell = (x, y)
                style = STYLES[self._looks.get(cell, Look.PLAIN)]
                row.append(self._character(cell, ascii_only=ascii_only), style)
            row.rstrip()
            rows.append(row)
        return rows

    def _character(self, cell: Point, *, ascii_only: bool) -> str:
        written = self._written.get(cell)
        if written is not None:
            if not ascii_only:
                return written
            return _ASCII_CELLS.get(written, written if written.isascii() else "?") or " "
        arms = self._arms.get(cell)
        if arms is None:
            return " "
        up, down, left, right = arms
        look = self._looks[cell]
        if ascii_only:
            return _ascii(arms, look)
        char = _box_drawing().get((up, down, left, right), "┼")
        return _DASHED.get(char, char) if look is Look.UNBUILT or look is Look.LANE else char


def _ascii(arms: Iterable[int], look: Look) -> str:
    up, down, left, right = arms
    if (up or down) and (left or right):
        return "#" if look is Look.LIT else "+"
    if left or right:
        return {Look.LIT: "=", Look.UNBUILT: "."}.get(look, "-")
    return {Look.LIT: "#", Look.UNBUILT: ":", Look.LANE: ":"}.get(look, "|")


def to_ascii(text: str) -> str:
    """Replace what is not ASCII in the words beside a picture."""
    spelled = text.translate(_ASCII_WORDS)
    return spelled.encode("ascii", "replace").decode()


def draw(figure: Figure) -> Canvas:
    """Draw a figure: groups, then lanes, links, boxes and their text, labels last."""
    canvas = Canvas(figure.width, figure.height)
    for box in sorted(figure.boxes, key=lambda box: not box.group):
        _draw_box(canvas, box)
    for lane in figure.lanes:
        canvas.line((lane.x, lane.y), (lane.x, lane.bottom), Look.LANE)
    for link in sorted(figure.links, key=lambda link: link.look is Look.LIT):
        _draw_link(canvas, link)
    for label in figure.labels:
        canvas.write((label.x, label.y), label.text, label.look)
    return canvas


def _draw_box(canvas: Canvas, box: Box) -> None:
    if not box.group:
        canvas.blank(box)
    corners = [(box.x, box.y), (box.right, box.y), (box.right, box.bottom), (box.x, box.bottom)]
    for start, end in pairwise([*corners, corners[0]]):
        canvas.line(start, end, box.look)
    if box.group:  # its name stands in its border
        canvas.write((box.x + 2, box.y), f" {box.lines[0]} ", box.look)
        return
    inside = box.height - 2
    top = box.y + 1 + max(0, (inside - len(box.lines)) // 2)
    for number, line in enumerate(box.lines):
        canvas.write(
            (box.x + 1 + max(0, (box.width - 2 - cell_len(line)) // 2), top + number), line, box.look
        )


def _draw_link(canvas: Canvas, link: Link) -> None:
    for start, end in pairwise(link.points):
        if start != end:
            canvas.line(start, end, link.look)
    canvas.write(link.points[-1], _ARROWS[direction(link.points)], link.look)
    if link.both_ways:
        canvas.write(link.points[0], _ARROWS[direction(link.points[::-1])], link.look)


def direction(points: tuple[Point, ...]) -> int:
    """Say where the last stretch of a path leads."""
    (x0, y0), (x1, y1) = points[-2], points[-1]
    if y0 == y1:
        return RIGHT if x1 > x0 else LEFT
    return DOWN if y1 > y0 else UP
