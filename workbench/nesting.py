"""Knows the commands that begin a conversation of their own, and so cannot be typed inside another. Pure."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def named(line: str, commands: Collection[str]) -> str | None:
    """Give the one of these commands that a line begins with; a leading `workbench` is a habit and is passed over."""
    try:
        words = shlex.split(line)
    except ValueError:  # quotes that are not closed: whoever runs the line says so
        return None
    first = next(iter(words[1:] if words[:1] == ["workbench"] else words), None)
    return first if first in commands else None
