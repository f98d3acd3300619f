"""The units in which estimates are given, and the words for them. Pure.

Bytes are a dimension of their own, so that gigabytes are never taken for a number of users. What is counted
(messages, connections, users, requests) has none: 700k messages/s and 700k/s are the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

PREFIXES = {"k": 3, "m": 6, "g": 9, "t": 12, "p": 15, "e": 18}
BINARY = {"ki": 10, "mi": 20, "gi": 30, "ti": 40, "pi": 50}

_DEFINITIONS = """
    second = [time] = s
    minute = 60 * second
    hour = 3600 * second
    day = 24 * hour
    week = 7 * day
    month = 30 * day
    year = 365 * day
    bit = [information]
    byte = 8 * bit
    meter = [length] = m
    percent = [share]
    thing = 1
"""
_COUNTED = """
    message msg text record row
    connection conn socket websocket session
    user person people customer account phone device
    request req query call event write read operation op lookup
    server machine node box
    group copy delivery item key photo file
"""
"""What is counted; words on one line mean much the same."""
_TIMES = {
    "second": "second seconds sec secs s",
    "minute": "minute minutes min mins",
    "hour": "hour hours hr hrs h hourly",
    "day": "day days d daily",
    "week": "week weeks weekly",
    "month": "month months monthly",
    "year": "year years yr yrs yearly annually",
}
LARGEST_IN_FULL = 1e16
FIRST_WHOLE = 1e3
_LONG = frozenset("second minute hour day week month year byte bit".split())  # noqa: SIM905  read faster so
_RATES = "qps rps tps mps"
ADVERBS = frozenset(["hourly", "daily", "weekly", "monthly", "yearly", "annually"])


def _plurals(word: str) -> tuple[str, ...]:
    return (word, word + "s", word[:-1] + "ies" if word.endswith("y") else word + "es")


COUNTED = {
    form: line.split()[0]
    for line in _COUNTED.strip().splitlines()
    for word in line.split()
    for form in _plurals(word)
}
TIMES = {word: unit for unit, words in _TIMES.items() for word in words.split()}


@cache
def registry() -> Any:
    """Build the units once. `pint` takes a third of a second to import, so only an estimate pays for it."""
    import pint  # noqa: PLC0415  said above

    made: Any = pint.UnitRegistry(None)
    for line in filter(None, map(str.strip, _DEFINITIONS.splitlines())):
        made.define(line)
    return made


@cache
def named(word: str) -> str | None:
    """Give the unit that a word names, as an expression of the registry: `MB/s` is two words, `Mbps` is one."""
    plain = word.lower()
    if plain in COUNTED:
        return "thing"
    if plain in TIMES:
        return TIMES[plain]
    if plain in _RATES.split():
        return "thing/second"
    if plain in ("%", "percent"):
        return "percent"
    return _information(word)


def _information(word: str) -> str | None:
    """Read `MB`, `GiB`, `terabytes`, `Mbit`, `Gbps`. A small b is a bit after a capital prefix (`Mb`), else a byte."""
    plain = word.lower()
    rate = "/second" if plain.endswith("ps") and len(plain) > 2 else ""  # noqa: PLR2004  `ps` alone is none
    stem, cased = (plain[:-2], word[:-2]) if rate else (plain, word)
    for long in ("byte", "bytes", "bit", "bits"):
        if stem.endswith(long):
            return _scaled(stem.removesuffix(long), long.rstrip("s"), rate)
    if not stem.endswith("b"):
        return None
    prefix = stem[:-1]
    is_bit = cased.endswith("b") and (
        bool(rate) or (prefix != "" and cased[0].isupper() and prefix not in BINARY)
    )
    return _scaled(prefix, "bit" if is_bit else "byte", rate)


def _scaled(prefix: str, unit: str, rate: str) -> str | None:
    short = {"kilo": "k", "mega": "m", "giga": "g", "tera": "t", "peta": "p", "exa": "e"}.get(prefix, prefix)
    if short == "":
        return f"{unit}{rate}"
    if short in PREFIXES:
        return f"1e{PREFIXES[short]}*{unit}{rate}"
    if short in BINARY:
        return f"{2 ** BINARY[short]}*{unit}{rate}"
    return None


@cache
def scale(expression: str) -> tuple[float, str]:
    """Give what one of an expression of the registry is in base units, and its dimension.

    Raises:
        ValueError: If it is none.
    """
    made = registry()
    try:
        base = made.Quantity(expression).to_base_units()
    except Exception as exc:  # pint raises errors of five unrelated kinds
        raise ValueError(f"{expression!r} is no unit that is known here") from exc
    return float(base.magnitude), str(base.dimensionality)


def say(value: float, unit: str, digits: int = 4) -> str:
    """Write a number, of at most so many digits that mean something, with its unit: `1,157,000 messages/second`."""
    rounded = float(f"{value:.{digits}g}")
    if FIRST_WHOLE <= abs(rounded) < LARGEST_IN_FULL and rounded.is_integer():
        number = f"{rounded:,.0f}"
    else:
        number = f"{rounded:,.{digits}g}"
    return f"{number} {unit if number == '1' else _plural_of(unit)}"


def _plural_of(unit: str) -> str:
    """Give the plural of what is counted; signs such as TB have none."""
    name, slash, rest = unit.partition("/")
    plain = name.strip()
    if plain.lower() == "person":
        return f"people{slash}{rest}"
    if plain.lower() not in COUNTED and plain.lower() not in _LONG:
        return unit
    if plain.lower().endswith(("s", "people")):
        return unit
    ending = (
        "ies" if plain.endswith("y") and plain[-2] not in "aeiou" else "es" if plain.endswith("x") else "s"
    )
    return f"{plain[:-1] if ending == 'ies' else plain}{ending}{slash}{rest}"
