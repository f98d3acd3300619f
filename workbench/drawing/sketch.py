"""Builds a figure, and gives each hop of a message to the one link that carried it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from workbench.drawing.model import Box, Figure, Hop, Label, Lane, Link, Look, Point, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Sketch:
    """Collects boxes, links and labels. `hops` are those of the message that lights the figure, or none."""

    def __init__(self, hops: Iterable[Hop] = ()) -> None:
        self.hops = tuple(hops)
        self._left = {hop.number: hop for hop in self.hops}
        self._touched: set[str] = set()
        self._boxes: list[Box] = []
        self._links: list[Link] = []
        self._labels: list[Label] = []
        self._lanes: list[Lane] = []

    def box(  # noqa: PLR0913  a box has a place and a size
        self,
        box_id: str,
        x: int,
        y: int,
        width: int,
        height: int,
        *lines: str,
        built: bool = True,
        group: bool = False,
    ) -> Box:
        """Add a box; one that is not built yet is dashed."""
        said = tuple(shorten(line, width - 2 if not group else width - 6) for line in lines if line)
        made = Box(box_id, x, y, width, height, said, Look.PLAIN if built else Look.UNBUILT, group)
        self._boxes.append(made)
        return made

    def lane(self, lane_id: str, x: int, y: int, bottom: int) -> None:
        """Add a lifeline."""
        self._lanes.append(Lane(lane_id, x, y, bottom))

    def label(self, x: int, y: int, text: str, look: Look = Look.PLAIN) -> None:
        """Add text."""
        if text:
            self._labels.append(Label(x, y, text, look))

    def link(  # noqa: PLR0913  an arrow has ends, a path, words and a place for them
        self,
        source: str,
        target: str,
        *points: Point,
        says: str = "",
        label: Point | None = None,
        room: int = 80,
        carries: Callable[[Hop], bool] | None = None,
        built: bool = True,
        both_ways: bool = False,
        only_lit: bool = False,
        lit: bool = False,
    ) -> None:
        """Add an arrow which takes the hops that it `carries` and that no earlier arrow took.

        The label stands at `label`, led by the numbers of the hops; what does not fit into `room` columns is said
        shorter, the legend has it all. `only_lit` leaves the arrow out if no hop crossed it; `lit` marks an arrow
        that is another hop's answer.
        """
        mine = [hop for hop in self._left.values() if carries is not None and carries(hop)]
        if only_lit and not mine:
            return
        for hop in mine:
            del self._left[hop.number]
        look = Look.LIT if mine or lit else Look.PLAIN if built else Look.UNBUILT
        if mine:
            self._touched |= {source, target}
        taken = tuple(hop.number for hop in mine)
        self._links.append(Link(source, target, points, says, look, taken, both_ways))
        if label is not None:
            self.label(*label, _shortest(taken, says, room), look)

    def touch(self, *box_ids: str) -> None:
        """Light boxes that something else than a hop proves, such as what happened inside a phone."""
        self._touched.update(box_ids)

    def finish(self, name: str, kind: str, title: str, description: str, *notes: str) -> Figure:
        """Close the figure: boxes that a hop touched are lit, and a hop that found no arrow is named in a note."""
        boxes = tuple(
            Box(b.id, b.x, b.y, b.width, b.height, b.lines, Look.LIT, b.group) if b.id in self._touched else b
            for b in self._boxes
        )
        stray = tuple(
            f"({hop.number}) {hop.source} → {hop.target} is not drawn" for hop in self._left.values()
        )
        return Figure(
            name,
            kind,
            title,
            description,
            boxes,
            tuple(self._links),
            tuple(self._labels),
            tuple(self._lanes),
            self.hops,
            (*notes, *stray),
        )


def _shortest(hops: tuple[int, ...], says: str, room: int) -> str:
    count = f"({len(hops)} hops)"
    wordings = (f"{numbers(hops)} {says}".strip(), numbers(hops), f"{count} {says}".strip(), count)
    return next((each for each in wordings if cell_len(each) <= room), "")


def carrying(*kinds: str) -> Callable[[Hop], bool]:
    """Say which hops an arrow carries: those of these kinds."""
    return lambda hop: hop.kind in kinds


def phone_of(user: str, width: int) -> str:
    """Name a user's phone in `width` columns."""
    return f"{shorten(user, width - 8)}'s phone"


def shorten(text: str, width: int) -> str:
    """Cut text to `width` columns; `…` stands for what is cut."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def fit(words: Iterable[str], width: int) -> str:
    """Name all if they fit into `width` columns, else the first, the last and how many."""
    names = list(words)
    said = " ".join(names)
    if cell_len(said) <= width or len(names) <= 1:
        return said
    return f"{names[0]} … {names[-1]} ({len(names)})"
