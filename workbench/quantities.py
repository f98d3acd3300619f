"""Reads numbers with units out of free text: `700k messages/s`, `100 TB a day`, `10^6 per second`. Pure.

An answer may hold many numbers. The one that counts is the first of the right kind after the last `=`, else the last
of the right kind; one that names the very thing that was asked for comes before others. Nothing is evaluated: numbers,
magnitudes and units are looked up.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from workbench import units

MAX_ANSWER = 20_000

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_DIGITS = 40
MAX_EXPONENT = 30
SLACK = 1 + 1e-9
"""What floating point may lose where an answer stands just on the border."""
WORDS_BETWEEN = 3
"""So many other words may stand between a number and its unit (`100 million open connections`)."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SMALL_NUMBERS = "one two three four five six seven eight nine ten"
_SMALL = {word: count for count, word in enumerate(_SMALL_NUMBERS.split(), start=1)}
_MAGNITUDES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "million": 1e6,
    "millions": 1e6,
    "mio": 1e6,
    "mln": 1e6,
    "mn": 1e6,
    "billion": 1e9,
    "billions": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
    "k": 1e3,
    "m": 1e6,
    "b": 1e9,
    "t": 1e12,
}
_NUMBER = re.compile(
    rf"""
    (?<![\w.])
    (?:
      (?:(?P<factor>\d{{1,{MAX_DIGITS}}}(?:\.\d{{1,{MAX_DIGITS}}})?)\s*[x\u00d7*\u00b7]\s*)?
        10(?:\s*(?:\^|\*\*)\s*(?P<power>\d{{1,4}})|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,4}}))
    | (?P<grouped>\d{{1,3}}(?:[,_'\u00a0\u202f ]\d{{3}}){{1,12}}(?!\d)(?:\.\d{{1,{MAX_DIGITS}}})?)
    | (?P<comma>\d{{1,{MAX_DIGITS}}},\d{{1,2}}(?!\d))
    | (?P<plain>\d{{1,{MAX_DIGITS}}}(?:\.\d{{1,{MAX_DIGITS}}})?(?:e[+-]?\d{{1,4}}(?![A-Za-z]))?)
    | (?P<word>\b(?:an?|{"|".join(_SMALL)})(?=[ -](?:hundred|thousand|million|billion|trillion)\b))
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NEXT = re.compile(r"[\s-]*(?P<word>[A-Za-z%]+|/|=)")
_EQUALS = re.compile(r"=(?!>)|≈|~=")
_REACH = 120


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


class Quantity(msgspec.Struct, frozen=True):
    """A number of an answer: in base units of its dimension, what it counts, and where it stands.

    It is `bare` if it names no unit.
    """

    value: float
    dimension: str
    start: int
    end: int
    bare: bool
    counts: str | None = None


def check_unit(unit: str) -> None:
    """Check the unit of a question.

    Raises:
        ValueError: If it is none.
    """
    _unit_of(unit)


def _unit_of(unit: str) -> tuple[float, str]:
    factor, dimension = 1.0, "dimensionless"
    parts = re.split(r"\s*/\s*|\s+per\s+", unit.strip())
    expressions = [units.named(part) for part in parts]
    if None in expressions:
        raise ValueError(f"{unit!r} is no unit: write one such as message/second, TB/day, connection")
    factor, dimension = units.scale("/".join(f"({each})" for each in expressions))
    return factor, dimension


def within(answer: str, value: float, unit: str, factor: float) -> NumberResult:
    """Compare the number of an answer with what is right, give or take a factor."""
    unread = NumberResult(value, unit, factor)
    if len(answer) > MAX_ANSWER:
        return msgspec.structs.replace(unread, problem=f"write at most {MAX_ANSWER:,} characters")
    size, dimension = _unit_of(unit)
    found = list(quantities(answer, dimension))
    if not found:
        return msgspec.structs.replace(unread, problem=f"no number found: {_advice(dimension)}")
    chosen = _choose(answer, [each for each in found if each.dimension == dimension], _counts(unit))
    if chosen is None:
        span = (found[-1].start, found[-1].end)
        said = answer[slice(*span)]
        what = "has no unit" if found[-1].bare else f"is not of the kind that was asked for, {unit}"
        problem = f"`{said}` {what}: {_advice(dimension)}"
        return msgspec.structs.replace(unread, span=span, said=said, problem=problem)
    parsed = chosen.value / size
    ratio = parsed / value
    span = (chosen.start, chosen.end)
    right = 1 / factor <= ratio * SLACK and ratio <= factor * SLACK
    return NumberResult(value, unit, factor, parsed, ratio, right, span, answer[slice(*span)])


def _advice(dimension: str) -> str:
    rate = "time" in dimension
    if "information" in dimension:
        example = "40 MB/s" if rate else "300 TB"
    else:
        example = "700k messages/s" if rate else "700k messages"
    return f"write a number with a unit, such as {example}"


def _counts(unit: str) -> str | None:
    return next(
        (units.COUNTED[word] for word in re.findall(r"[a-z]+", unit.lower()) if word in units.COUNTED), None
    )


def _choose(answer: str, fitting: Sequence[Quantity], counted: str | None) -> Quantity | None:
    tiers = (
        [each for each in fitting if not each.bare and each.counts in (counted, None)],
        [each for each in fitting if not each.bare],
        fitting,
    )
    ends = [found.end() for found in _EQUALS.finditer(answer)]
    for start, end in reversed(list(pairwise([*ends, len(answer)]))):
        for tier in tiers:
            after = next((each for each in tier if start <= each.start < end), None)
            if after is not None:
                return after
    return next((tier[-1] for tier in tiers if tier), None)


def quantities(answer: str, wanted: str = "") -> Iterator[Quantity]:
    """List the numbers of a text. Where a letter may be read in two ways (`2B`), the wanted dimension decides."""
    for found in _NUMBER.finditer(answer):
        value = _value(found)
        if value is None or not 0 < value < math.inf:
            continue
        readings = list(_readings(answer, found.start(), found.end(), value))
        fitting = [each for each in readings if each.dimension == wanted]
        yield (fitting or readings)[0]


def _value(found: re.Match[str]) -> float | None:
    raised = found["power"] or (found["raised"] or "").translate(_SUPERSCRIPTS)
    if raised:
        power = int(raised)
        return float(found["factor"] or 1) * 10.0**power if power <= MAX_EXPONENT else None
    if found["word"]:
        return float(_SMALL.get(found["word"].lower(), 1))
    if found["comma"]:
        return float(found["comma"].replace(",", "."))
    if found["grouped"]:
        return float(re.sub(r"[^\d.]", "", found["grouped"]))
    return float(found["plain"])


def _readings(answer: str, start: int, at: int, value: float) -> Iterator[Quantity]:
    """Read what follows a number in every way that makes sense, the likeliest first."""
    text = answer[: at + _REACH]
    ways = [(value, at)]
    for _ in range(2):  # `hundred million`
        number, place = ways[-1]
        step = _NEXT.match(text, place)
        size = _MAGNITUDES.get(step["word"].lower()) if step else None
        if step is None or size is None:
            break
        ways.append((number * size, step.end()))
    read = [_with_unit(text, start, place, number) for number, place in reversed(ways)]
    yield from (each for each in read if not each.bare)
    yield from (each for each in read if each.bare)


def _with_unit(text: str, start: int, at: int, value: float) -> Quantity:
    """Read `messages a second`, `/s`, `TB of storage per day`, `open connections`, or nothing."""
    parts: list[str] = []
    counts: str | None = None
    end, place, per, between = at, at, False, 0
    while step := _NEXT.match(text, place):
        word, plain = step["word"], step["word"].lower()
        unit = units.named(word)
        if plain == "=" or step[0].count("\n") > 1 or between > WORDS_BETWEEN:
            break
        if plain in ("/", "per", "each", "every", "a", "an"):
            following = _NEXT.match(text, step.end())
            per = following is not None and units.named(following["word"]) is not None
            place = step.end()
            between += not per
            continue
        is_rate = per or plain in units.ADVERBS
        if unit is not None and (is_rate or not parts) and (parts or plain not in units.ADVERBS):
            parts.append(f"1/({unit})" if is_rate else f"({unit})")
            counts = counts or units.COUNTED.get(plain)
            end, between, per = step.end(), 0, False
        else:
            between += 1
        place = step.end()
    if not parts:
        return Quantity(value, "dimensionless", start, at, bare=True)
    size, dimension = units.scale("*".join(parts))
    return Quantity(value * size, dimension, start, end, bare=False, counts=counts)
