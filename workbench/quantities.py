"""Decides which number of an answer counts, and whether it is right. Pure.

An answer may hold many numbers: the way to the result, the result, and the same at the peak or with all copies. The
numbers in the asked unit come first; where there is none, a number without a unit and one with the numerator alone
(`20 TB` of TB/day) are taken in the asked unit. Of these, one counts that is right and not said of peak, copies or
headroom; else the first after the last `=`, `makes`, `is`, `about` or `gives`; else the first.
"""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec

from workbench import units
from workbench.numerals import Quantity, quantities, seconds

MAX_ANSWER = 20_000

SLACK = 1 + 1e-9
"""What floating point may lose where an answer stands just on the border."""
ANYTHING = ("item", "thing")
"""As a unit, whatever is counted: `3 messages` are 3 items."""

_EXTRA = r"(?:peaks?|copies|replicas?|replicat\w+|headroom|bursts?|spikes?|spare)\b"
_ASIDE = re.compile(rf"\b{_EXTRA}", re.IGNORECASE)
_WITHOUT = re.compile(
    rf"\b(?:without|before|excluding|except|no|off|one|single)[\s-]+(?:any |the |a )?{_EXTRA}", re.IGNORECASE
)
_CLAUSE_END = re.compile(
    r"[;:()\n\u2014\u00d7*=]|[.,!?](?=\s|$)|->|→|\b(?:and|but|so|while|whereas|then|times|x)\b", re.IGNORECASE
)
_OPENING = re.compile(
    r"\W*(?:(?:at|with|in|for|including|plus|under|during)\b.*|(?:[\w-]+\W*){1,2})", re.DOTALL
)
_CONCLUDES = re.compile(
    r"=|≈|→|->|\b(?:makes?|is|are|about|gives?|comes? to|so|that's|it's|need)\b", re.IGNORECASE
)
_JUST_CONCLUDED = re.compile(rf"(?:{_CONCLUDES.pattern})[\s~*_>]*$", re.IGNORECASE)
_NEAR = 40


class NumberResult(msgspec.Struct, frozen=True):
    """What was read, in the asked unit, and whether it is right. `ratio` is how many times too large it is."""

    value: float
    unit: str
    factor: float
    parsed: float | None = None
    ratio: float | None = None
    right: bool = False
    span: tuple[int, int] | None = None
    said: str = ""
    problem: str | None = None


class _Asked:
    """A unit in which something is asked for: `TB/day` is a numerator over a time."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        parts = re.split(r"\s*/\s*|\s+per\s+", unit.strip())
        expressions = [units.named(part) for part in parts]
        if None in expressions:
            raise ValueError(f"{unit!r} is no unit: write one such as message/second, TB/day, connection")
        self.size, self.dimension = units.scale("/".join(f"({each})" for each in expressions))
        self.numerator_size, self.numerator = units.scale(f"({expressions[0]})")
        self.compound = len(parts) > 1
        self.every = next((each for part in parts[1:] if (each := seconds(part)) is not None), None)
        self.ratio = any(part.lower() in units.COUNTED for part in parts[1:])
        self.counts = None if parts[0].lower() in ANYTHING else units.COUNTED.get(parts[0].lower())

    def value_of(self, number: Quantity) -> float:
        """Give a number in this unit. What has no unit, or only the numerator's, is taken in it."""
        if number.bare:
            return number.value
        return number.value / (self.numerator_size if self.is_numerator(number) else self.size)

    def is_exact(self, number: Quantity) -> bool:
        """Say whether it has a unit of this kind."""
        return not number.bare and number.dimension == self.dimension and number.ratio == self.ratio

    def is_own(self, number: Quantity) -> bool:
        """Say whether it counts the very thing that is asked for, or names nothing that it counts."""
        return self.counts is None or number.counts in (self.counts, None)

    def is_numerator(self, number: Quantity) -> bool:
        """Say whether it has the numerator's unit alone."""
        alone = not number.bare and number.every is None and not number.ratio
        return self.compound and alone and number.dimension == self.numerator and self.is_own(number)


def check_unit(unit: str) -> None:
    """Check the unit of a question.

    Raises:
        ValueError: If it is none.
    """
    _Asked(unit)


def within(answer: str, value: float, unit: str, factor: float) -> NumberResult:
    """Compare the number of an answer with what is right, give or take a factor."""
    unread = NumberResult(value, unit, factor)
    if len(answer) > MAX_ANSWER:
        return msgspec.structs.replace(unread, problem=f"write at most {MAX_ANSWER:,} characters")
    asked = _Asked(unit)
    advice = f"write a number with a unit, such as {units.say(_example(value, factor), unit)}"
    found = list(quantities(answer, asked.dimension))
    if not found:
        return msgspec.structs.replace(unread, problem=f"no number found: {advice}")

    def is_right(number: Quantity) -> bool:
        ratio = asked.value_of(number) / value
        return 1 / factor <= ratio * SLACK and ratio <= factor * SLACK

    best, all_of_them = _of_the_kind(answer, found, asked)
    if not best:
        span = (found[-1].start, found[-1].end)
        said = answer[slice(*span)]
        problem = f"`{said}` is not of the kind that was asked for, {unit}: {advice}"
        return msgspec.structs.replace(unread, span=span, said=said, problem=problem)
    asides = _asides(answer, found)
    plain = [each for each in all_of_them if each.start not in asides]
    chosen = next(filter(is_right, plain), None)
    if chosen is None:
        chosen = _concluded(answer, [each for each in best if each.start not in asides] or best)
    parsed = asked.value_of(chosen)
    span = (chosen.start, chosen.end)
    return NumberResult(
        value, unit, factor, parsed, parsed / value, is_right(chosen), span, answer[slice(*span)]
    )


def _example(value: float, factor: float) -> int:
    """Give a number for an example that does not give the answer away."""
    return 700 if 1 / factor <= 3 / value <= factor else 3


def _of_the_kind(answer: str, found: list[Quantity], asked: _Asked) -> tuple[list[Quantity], list[Quantity]]:
    """Give the numbers of which one is reported if none is right, and all that may be right."""
    exact = [each for each in found if asked.is_exact(each)]
    own = [each for each in exact if asked.is_own(each)]
    bare = [each for each in found if each.bare]
    if not asked.compound:
        return (own or bare or exact), ([*own, *bare] or exact)
    same = [each for each in own or exact if each.every == asked.every]
    if asked.every is not None and same:
        return same, same
    loose = [each for each in found if each.bare or asked.is_numerator(each)]
    concluded = [
        each.start
        for each in loose
        if _JUST_CONCLUDED.search(answer[max(0, each.start - _NEAR) : each.start])
    ]
    # `100 billion messages a day / 86,400 s = 12 million`: the way to the result is no result.
    results = [each for each in own or exact if not concluded or each.start > concluded[-1]]
    kept = sorted([*results, *loose], key=lambda each: each.start)
    return kept, kept


def _concluded(answer: str, numbers: list[Quantity]) -> Quantity:
    ends = [found.end() for found in _CONCLUDES.finditer(answer)]
    for start, end in reversed(list(pairwise([*ends, len(answer)]))):
        after = next((each for each in numbers if start <= each.start < end), None)
        if after is not None:
            return after
    return numbers[0]


def _asides(answer: str, numbers: list[Quantity]) -> set[int]:
    """Find where numbers start that are said of the peak, of all copies or of headroom."""
    bounds = [0, *(end for found in _CLAUSE_END.finditer(answer) for end in found.span()), len(answer)]
    clauses = list(pairwise(bounds))[::2]
    found = set()
    opening = False
    for start, end in clauses:
        inside = [each.start for each in numbers if start <= each.start < end]
        text = answer[start:end]
        aside = _ASIDE.search(_WITHOUT.sub("", text)) is not None
        if aside or opening:
            found.update(inside)
        if text.strip():
            opening = aside and not inside and _OPENING.fullmatch(text.strip()) is not None
    return found
