"""Text in cells of a terminal: what is safe to show, how wide it is, where it breaks. Pure."""

from __future__ import annotations

from functools import lru_cache

from prompt_toolkit.utils import get_cwidth

NARROWEST_CELLS = 2
"""No line is narrower: a character of two cells must fit somewhere."""


def safe(text: str, *, ascii_only: bool = False) -> str:
    """Write what a terminal would obey, or could not show, as escapes; line feeds stay."""
    shown = "".join(each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in text)
    return shown.encode("ascii", "backslashreplace").decode() if ascii_only else shown


def width_of(text: str) -> int:
    """Count the cells of a line."""
    return int(get_cwidth(text))


@lru_cache(maxsize=8192)
def wrap(text: str, width: int) -> tuple[str, ...]:
    """Break text into lines of at most `width` cells: at line feeds, at blanks, and inside words that are longer."""
    width = max(width, NARROWEST_CELLS)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line: str | None = None
        for word in paragraph.split(" "):
            longer = word if line is None else f"{line} {word}"
            if width_of(longer) <= width:
                line = longer
                continue
            if line is not None:
                lines.append(line)
            *full, line = _chop(word, width)
            lines += full
        lines.append(line or "")
    return tuple(lines)


def _chop(word: str, width: int) -> list[str]:
    pieces, used = [""], 0
    for each in word:
        cells = width_of(each)
        if used + cells > width:
            pieces.append("")
            used = 0
        pieces[-1] += each
        used += cells
    return pieces


def cut(text: str, width: int, *, ellipsis: str = "…") -> str:
    """Shorten a line to at most `width` cells; what was cut off is told by an ellipsis."""
    if width_of(text) <= width:
        return text
    room = width - width_of(ellipsis)
    return _chop(text, room)[0] + ellipsis if room > 0 else ellipsis[: max(width, 0)]


def pad(text: str, width: int) -> str:
    """Fill a line with blanks to `width` cells."""
    return text + " " * (width - width_of(text))
