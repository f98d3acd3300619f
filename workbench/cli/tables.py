"""Prints rows: as a table where there is room, else as paragraphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

ENOUGH = 50
"""Columns below which a table would only be shreds of words."""


def print_rows(console: Console, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of text."""
    if console.width < ENOUGH:
        for row in rows:
            console.print(Text(" - ".join(cell for cell in row if cell)))
        return
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
