"""Finds the numbers of a text and their units: `700k messages/s`, `twenty terabytes a day`, `2 × 10⁶`. Pure.

Nothing is evaluated: numbers, magnitudes and units are looked up.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import msgspec

from workbench import units

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DIGITS = 40
MAX_EXPONENT = 30
WORDS_BETWEEN = 3
"""So many other words may stand between a number and its unit (`100 million open connections`)."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_ONES = "one two three four five six seven eight nine".split()  # noqa: SIM905  a list of words is read faster so
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905  so too
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905  so too
_SMALL = {word: count for count, word in enumerate([*_ONES, *_TEENS], start=1)}
_SMALL |= {word: 10 * count for count, word in enumerate(_TENS, start=2)} | {"a": 1, "an": 1}
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
_DECIMAL = rf"\d{{1,{MAX_DIGITS}}}(?:\.\d{{1,{MAX_DIGITS}}})?"
_NUMBER = re.compile(
    rf"""
    (?:(?<![\w.)\-])(?P<minus>[-\u2212](?=\d)|minus\s+)|(?<![\w.]))
    (?:
      (?:(?P<factor>{_DECIMAL})\s*[x\u00d7*\u00b7]\s*)?
        10(?:\s*(?:\^|\*\*)\s*(?P<power>\d{{1,4}})|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,4}}))
    | (?P<grouped>\d{{1,3}}(?:[,_'\u00a0\u202f ]\d{{3}}){{1,12}}(?!\d)(?:\.\d{{1,{MAX_DIGITS}}})?)
    | (?P<dots>\d{{1,3}}(?:\.\d{{3}}){{2,12}}(?!\d))
    | (?P<dot>[1-9]\d{{0,2}}\.\d{{3}}(?![\dA-Za-z]))
    | (?P<comma>\d{{1,{MAX_DIGITS}}},\d{{1,2}}(?!\d))
    | (?P<plain>{_DECIMAL}(?:e[+-]?\d{{1,4}}(?![A-Za-z]))?)
    | (?P<word>
        \b(?:(?:an?|{"|".join(_ONES)})[ -]hundred[ -](?:and[ -])?)?
          (?:(?:{"|".join(_TENS)})(?:[ -](?:{"|".join(_ONES)}))?|{"|".join([*_ONES, *_TEENS])})\b
        | \b(?:half[ -])?an?(?=[ -](?:hundred|thousand|million|billion|trillion)\b)
      )
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NEXT = re.compile(r"[\s-]*(?P<word>[A-Za-z%]+|/|=)")
_PER_SEVERAL = re.compile(
    r"\s*(?P<how>per|every|each|in)\s+(?P<count>\d{1,3}(?:[,.]?\d{3}){0,2})\s*(?P<time>[a-z]+)", re.IGNORECASE
)
_TAIL = re.compile(
    r"\s*(?:,|\()\s*(?:(?P<per>per|every)\s+)?(?P<time>[a-z]+)\)?", re.IGNORECASE
)  # `20 TB, daily` and `20 TB (per day)`
_REACH = 120
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_SECONDS |= {"week": 7 * 86_400, "month": 30 * 86_400, "year": 365 * 86_400}


class Quantity(msgspec.Struct, frozen=True):
    """A number of a text: in base units of its dimension, what it counts, and where it stands.

    It is `bare` if it names no unit, and a `ratio` if it is one for each of something that is counted (`100,000 per
    server`). `every` is the time over which it is taken, in seconds.
    """

    value: float
    dimension: str
    start: int
    end: int
    bare: bool
    counts: str | None = None
    every: float | None = None
    ratio: bool = False


def seconds(time: str) -> float | None:
    """Give the seconds of a unit of time, by any of its names."""
    return _SECONDS.get(units.TIMES.get(time.lower(), ""))


def quantities(answer: str, wanted: str = "") -> Iterator[Quantity]:
    """List the numbers of a text. Where a letter may be read in two ways (`2B`), the wanted dimension decides.

    A number that may be meant in two ways (`20.000`) stands there twice. `three` on its own is a number only in a text
    that has no other.
    """
    words = []
    others = False
    for found in _NUMBER.finditer(answer):
        for value in _values(found):
            readings = list(_readings(answer, found.start(), found.end(), value))
            fitting = [each for each in readings if each.dimension == wanted]
            chosen = (fitting or readings)[0]
            if found["word"] and chosen.end == found.end() and abs(value) <= _SMALL["ten"]:
                words.append(chosen)
            else:
                others = True
                yield chosen
    if not others:
        yield from words


def _values(found: re.Match[str]) -> list[float]:
    sign = -1 if found["minus"] else 1
    if found["dot"]:
        values = [float(found["dot"])]
        step = _NEXT.match(found.string, found.end())
        if step is None or step["word"].lower() not in _MAGNITUDES:
            values.append(float(found["dot"].replace(".", "")))
    else:
        values = [_value(found)]
    return [sign * value for value in values if value < math.inf]


def _value(found: re.Match[str]) -> float:
    raised = found["power"] or (found["raised"] or "").translate(_SUPERSCRIPTS)
    if raised:
        power = int(raised)
        return float(found["factor"] or 1) * 10.0**power if power <= MAX_EXPONENT else math.inf
    if found["word"]:
        return _in_words(found["word"].lower())
    if found["comma"]:
        return float(found["comma"].replace(",", "."))
    if found["dots"]:
        return float(found["dots"].replace(".", ""))
    if found["grouped"]:
        return float(re.sub(r"[^\d.]", "", found["grouped"]))
    return float(found["plain"])


def _in_words(text: str) -> float:
    if text.startswith("half"):
        return 0.5
    total = 0
    for word in re.split(r"[\s-]+", text):
        if word == "hundred":
            total *= 100
        elif word != "and":
            total += _SMALL[word]
    return float(total)


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
    """Read `messages a second`, `/s`, `TB of storage per 24 hours`, `open connections`, or nothing."""
    read = _Unit(at)
    place, per, between = at, False, 0
    while step := _NEXT.match(text, place):
        word, plain = step["word"], step["word"].lower()
        unit = units.named(word)
        if plain == "=" or step[0].count("\n") > 1 or between > WORDS_BETWEEN:
            break
        if several := _several(text, place, started=bool(read.parts)):
            place = read.over(several["time"], several.end(), float(re.sub(r"\D", "", several["count"])))
            continue
        if plain in ("/", "per", "each", "every", "a", "an"):
            following = _NEXT.match(text, step.end())
            per = following is not None and units.named(following["word"]) is not None
            place = step.end()
            between += not per
            continue
        is_rate = per or plain in units.ADVERBS
        if unit is not None and (is_rate or not read.parts) and (read.parts or plain not in units.ADVERBS):
            (read.over if is_rate else read.take)(word, step.end())
            between, per = 0, False
        else:
            between += 1
        place = step.end()
    tail = _TAIL.match(text, read.end)
    is_time = tail is not None and (tail["per"] or tail["time"].lower() in units.ADVERBS)
    if tail and is_time and read.every is None and seconds(tail["time"]) is not None:
        read.over(tail["time"], tail.end())
    return read.quantity(value, start)


def _several(text: str, place: int, *, started: bool) -> re.Match[str] | None:
    """Find `per 24 hours`; after `in`, only behind a unit."""
    found = _PER_SEVERAL.match(text, place)
    if found is None or seconds(found["time"]) is None or not int(re.sub(r"\D", "", found["count"])):
        return None
    return found if started or found["how"].lower() != "in" else None


class _Unit:
    """The unit behind a number, as far as it was read."""

    def __init__(self, end: int) -> None:
        self.parts: list[str] = []
        self.end = end
        self.counts: str | None = None
        self.every: float | None = None
        self.ratio = False

    def take(self, word: str, end: int) -> None:
        """Take what is counted or measured."""
        self.parts.append(f"({units.named(word)})")
        self.counts = units.COUNTED.get(word.lower())
        self.every = 1.0 if (units.named(word) or "").endswith("/second") else None
        self.end = end

    def over(self, word: str, end: int, count: float = 1) -> int:
        """Take what it is divided by, and give the place behind it."""
        self.parts.append(f"1/({count:g}*{units.named(word)})")
        if (time := seconds(word)) is not None:
            self.every = time * count
        self.ratio = self.ratio or word.lower() in units.COUNTED
        self.end = end
        return end

    def quantity(self, value: float, start: int) -> Quantity:
        """Give the number in base units."""
        if not self.parts:
            return Quantity(value, "dimensionless", start, self.end, bare=True)
        size, dimension = units.scale("*".join(self.parts))
        return Quantity(
            value * size,
            dimension,
            start,
            self.end,
            bare=False,
            counts=self.counts,
            every=self.every,
            ratio=self.ratio,
        )
