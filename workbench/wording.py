"""Says how many there are. Pure."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Write a number with its noun: `1 question`, `2 questions`."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"
