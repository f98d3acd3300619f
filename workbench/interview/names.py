"""Finds the box that a name means, forgiving slips of the finger and words around it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_NAME_WORDS = 5
MAX_NAME_LENGTH = 60
FORGIVING_FROM = 4
TWO_SLIPS_FROM = 8
TOO_MANY_SLIPS = 3


def find_name(name: str, names: Mapping[str, str]) -> str | None:
    """Give the canonical name, forgiving slips, plurals, a number behind (`chat server 7`) and words around it.

    `names` gives the canonical name of each name, as `plain` writes it. Whole names are compared first, then the words
    at the beginning and the end: an arrow may stand in the middle of a sentence.
    """
    whole = plain(name)
    unnumbered = re.sub(r"[\s#-]*\d+$", "", whole)
    exact = next((names[each] for each in (whole, *_forms(unnumbered)) if each in names), None)
    if exact is not None:
        return exact
    parts = list(_parts(unnumbered.split()))
    return (
        _near(unnumbered, names)
        or next((names[form] for part in parts for form in _forms(part) if form in names), None)
        or next((found for part in parts if (found := _near(part, names)) is not None), None)
    )


def plain(name: str) -> str:
    """Write a name in small letters, its words parted by single spaces."""
    return " ".join(re.sub(r"[-_/]", " ", name.lower()).split())


def _forms(name: str) -> tuple[str, ...]:
    return (name, name.removesuffix("s"))


def _parts(words: Sequence[str]) -> Iterator[str]:
    for count in range(min(len(words) - 1, MAX_NAME_WORDS), 0, -1):
        yield " ".join(words[:count])
        yield " ".join(words[-count:])


def _near(name: str, names: Mapping[str, str]) -> str | None:
    """Give the box whose name is a slip away, or two for long names; None if two boxes are equally near."""
    if not FORGIVING_FROM <= len(name) <= MAX_NAME_LENGTH:
        return None
    nearest: set[str] = set()
    least = TOO_MANY_SLIPS
    for each, canonical in names.items():
        distance = min(_slips(name, each), _slips(_heard(name), _heard(each)))
        if distance < least:
            nearest, least = {canonical}, distance
        elif distance == least < TOO_MANY_SLIPS:
            nearest.add(canonical)
    return nearest.pop() if len(nearest) == 1 else None


def _heard(name: str) -> str:
    return name.replace("ph", "f")


def _slips(one: str, other: str) -> int:
    shorter = min(len(one), len(other))
    if shorter < FORGIVING_FROM or not _begin_alike(one, other):
        return TOO_MANY_SLIPS
    forgiven = 2 if shorter >= TWO_SLIPS_FROM else 1
    distance = OSA.distance(one, other, score_cutoff=forgiven)
    return distance if distance <= forgiven else TOO_MANY_SLIPS


def _begin_alike(one: str, other: str) -> bool:
    """Say whether two names begin with the same letter, or the same two swapped: a worker is no broker."""
    return one[0] == other[0] or one[:2] == other[1::-1]
