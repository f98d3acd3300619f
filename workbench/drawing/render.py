"""Renders a figure: for the terminal, as text, SVG, HTML or Mermaid. What a format looks like is in `diagrams/*.j2`."""

from __future__ import annotations

import textwrap
from functools import cache
from typing import TYPE_CHECKING

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.cells import cell_len
from rich.text import Text

from workbench import content
from workbench.drawing.canvas import draw, to_ascii
from workbench.drawing.model import WIDTH, numbers
from workbench.drawing.sketch import shorten
from workbench.drawing.svg import picture
from workbench.tracing.narration import TICKS

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.drawing.model import Figure, Hop

FORMATS = ("terminal", "txt", "svg", "html", "mermaid")

LISTED = 40
"""A legend lists so many hops one by one; the rows behind stand for the rest."""


def _is_markup(template: str | None) -> bool:
    return template is not None and template.endswith((".svg.j2", ".html.j2"))


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(content.folder("diagrams")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=_is_markup,  # noqa: S701  on for what is markup
    )
    made.filters["numbers"] = numbers
    made.filters["mermaid"] = _mermaid_text
    return made


class Row(msgspec.Struct, frozen=True):
    """A row of the legend. `ms` is the time since the first event; `tick` the status that the sender then saw."""

    number: str
    step: str
    ms: str
    way: str
    what: str
    tick: str = ""


def legend(hops: tuple[Hop, ...]) -> list[Row]:
    """Write a row a hop; of very many, the first ones, and then one row that says for how many it stands."""
    rows = [
        Row(
            f"({hop.number})",
            f"[{hop.step}]" if hop.step else "",
            f"{hop.at_ms:.1f}",
            f"{shorten(hop.source, 14)} → {shorten(hop.target, 14)}",
            hop.what,
            TICKS.get(hop.status, ""),
        )
        for hop in hops[:LISTED]
    ]
    if rest := hops[LISTED:]:
        span = f"{rest[0].at_ms:.1f}-{rest[-1].at_ms:.1f}"
        rows.append(
            Row(
                f"({rest[0].number}-{rest[-1].number})",
                "",
                span,
                f"{len(rest)} more hops",
                "`journal` tells them",
            )
        )
    return rows


def terminal(figure: Figure, console: Console, *, ascii_only: bool) -> None:
    """Print a figure. Where the terminal is narrower than the picture, what it shows is told in words."""
    plain = to_ascii if ascii_only else str
    console.print(Text(plain(figure.title), style="bold"))
    if console.width < figure.width:
        console.print(Text(plain(_in_words(figure)), style=""))
    else:
        for row in draw(figure).rows(ascii_only=ascii_only):
            console.print(row, soft_wrap=True)
    for note in figure.notes:
        console.print(Text(plain(note), style="dim"))
    for line in legend_lines(figure, min(console.width, WIDTH)):
        console.print(Text(plain(line)), soft_wrap=console.width >= WIDTH)


def _in_words(figure: Figure) -> str:
    names = {box.id: " ".join(box.lines) for box in figure.boxes}
    ways = [
        f"{names.get(link.source, link.source)} → {names.get(link.target, link.target)}"
        f"{': ' if link.says else ''}{link.says} {numbers(link.hops)}".rstrip()
        for link in figure.links
    ]
    head = f"{figure.description} The picture needs {figure.width} columns (or -o FILE); in words:"
    return "\n".join([head, *ways])


def legend_lines(figure: Figure, width: int) -> list[str]:
    """Write the legend as lines of at most `width` columns; on a narrow terminal each hop takes several lines."""
    rows = legend(figure.hops)
    if not rows:
        return []
    cells = [
        [row.number, row.step, row.ms + " ms", row.way, f"{row.what} {row.tick}".rstrip()] for row in rows
    ]
    if width < WIDTH:
        return [line for row in cells for line in (" ".join(row[:3]), f"  {row[3]}", f"  {row[4]}")]
    widths = [max(cell_len(row[column]) for row in cells) for column in range(5)]
    before = sum(widths[:4]) + 8
    lines = [""]
    for row in cells:
        head = "  ".join(_pad(cell, widths[column], column) for column, cell in enumerate(row[:4]))
        first, *rest = textwrap.wrap(row[4], max(width - before, 20)) or [""]
        lines.append(f"{head}  {first}".rstrip())
        lines += [" " * before + each for each in rest]
    return lines


_MS_COLUMN = 2


def _pad(cell: str, width: int, column: int) -> str:
    blanks = " " * (width - cell_len(cell))
    return blanks + cell if column == _MS_COLUMN else cell + blanks


def document(figure: Figure, form: str, *, ascii_only: bool = False) -> str:
    """Render a figure into the text of a file: txt, svg, html or mermaid."""
    facts: dict[str, object] = {"figure": figure, "legend": legend(figure.hops)}
    if form == "txt":
        plain = to_ascii if ascii_only else str
        facts["picture"] = [row.plain for row in draw(figure).rows(ascii_only=ascii_only)]
        facts["legend_lines"] = [plain(line) for line in legend_lines(figure, WIDTH)]
        facts["plain"] = plain
    if form in ("svg", "html"):
        below = [*figure.notes, *legend_lines(figure, WIDTH)] if form == "svg" else []
        facts["picture"] = picture(figure, figure.title if form == "svg" else "", below)
    return _templates().get_template(f"figure.{form}.j2").render(facts)


def _mermaid_text(text: str) -> str:
    for sign, code in (("#", "#35;"), ('"', "#quot;"), ("[", "#91;"), ("]", "#93;")):
        text = text.replace(sign, code)
    return text
