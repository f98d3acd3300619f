"""An architecture as somebody typed it: one lane a box, one arrow a link, in the order in which they were said."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from rich.cells import cell_len

from workbench.drawing.model import WIDTH, Link, Look
from workbench.drawing.sketch import Sketch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.drawing.model import Figure

MAX_STEP = 18
LOOKS = {"found": Look.LIT, "missing": Look.UNBUILT}


class Mark(StrEnum):
    """What a comparison says of a link; SAID as long as nothing was compared."""

    SAID = ""
    FOUND = "found"
    MISSING = "missing"
    WRONG = "wrong"
    EXTRA = "extra"


def typed(links: Sequence[tuple[str, str, Mark]]) -> Figure | None:
    """Draw links, or give None if so many or so long names do not fit side by side."""
    names = list(dict.fromkeys(name for source, target, _mark in links for name in (source, target)))
    if not names:
        return None
    left = 2 + cell_len(names[0]) // 2
    right = WIDTH - 3 - cell_len(names[-1]) // 2
    step = min(MAX_STEP, (right - left) // max(len(names) - 1, 1))
    if step < 4 or any(cell_len(name) > 2 * step - 1 for name in names[1:-1]):  # noqa: PLR2004  an arrow needs three
        return None
    sketch = Sketch()
    x_of = {name: left + place * step for place, name in enumerate(names)}
    bottom = 3 + 2 * len(links)
    for place, name in enumerate(names):
        sketch.label(max(0, x_of[name] - cell_len(name) // 2), place % 2, name)
        sketch.lane(name, x_of[name], 2, bottom)
    drawn = []
    for place, (source, target, mark) in enumerate(links):
        y = 4 + 2 * place
        start, end = x_of[source], x_of[target]
        ahead = 1 if end > start else -1
        points = ((start, y), (end - ahead, y)) if source != target else ((start, y), (start + 3, y))
        drawn.append(Link(source, target, points, mark.value, LOOKS.get(mark.value, Look.PLAIN)))
        sketch.label(min(min(start, end) + 2, WIDTH - len(mark.value)), y - 1, mark.value)
    figure = sketch.finish(
        "typed", "sequence", "As you drew it", "The links that were typed, in their order."
    )
    return msgspec.structs.replace(figure, links=tuple(drawn))
