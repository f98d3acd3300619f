"""Where the lessons, questions and templates lie: inside the installed package, or at the root of a checkout."""

from __future__ import annotations

from pathlib import Path

_INSTALLED = Path(__file__).parent / "_content"
_CHECKOUT = Path(__file__).parents[1]


def folder(name: str) -> Path:
    """Give `lessons` or `diagrams`."""
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / name
