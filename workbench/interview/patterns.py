"""Finds an idea in a sentence: the language in which rubrics say what an answer must contain. Pure.

A pattern is terms joined by ` + `, all of which must occur in one sentence, close together, in any order, each in words
of its own. A term is alternatives joined by `|`; an alternative is a word or a phrase. Words are compared by their
stem, and words of six letters and more forgive a slip of the finger, of nine letters two (`rapidfuzz`); a phrase's
words stand in order, with at most two others in between. `=INCR` takes the word as it is, without stem or
forgiveness; `/regular expression/` is a last resort.

    lookup|map|registry|redis + user|recipient + server|socket

An idea that is denied is not said: a match with a denial shortly before it ("we do not need a connection map")
does not count, unless the pattern itself asks for the denial (`clock + not agree`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

from workbench.interview.sentence import DENIALS, Sentence, Token, stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


MAX_GAP = 2
FUZZY_FROM = 6
TWO_SLIPS_FROM = 9
MAX_SPREAD = 220
MAX_PLACES = 8
DENIAL_REACH = 3


class Word:
    """One word of a pattern."""

    def __init__(self, text: str) -> None:
        self.exact = text.startswith("=")
        self.text = text.removeprefix("=").lower()
        self.key = (self.exact, self.text)
        self.stem = stem(self.text)

    def fits(self, token: Token) -> bool:
        """Compare with a word of the answer."""
        if self.exact:
            return self.text == token.text
        if self.stem == token.stem:
            return True
        shorter = min(len(self.text), len(token.text))
        if shorter < FUZZY_FROM or self.text[0] != token.text[0]:
            return False
        slips = 2 if shorter >= TWO_SLIPS_FROM else 1
        return OSA.distance(self.text, token.text, score_cutoff=slips) <= slips


class Alternative:
    """A word, a phrase, or a regular expression."""

    def __init__(self, text: str) -> None:
        self.regex = (
            re.compile(text[1:-1], re.IGNORECASE)
            if text.startswith("/") and text.endswith("/") and len(text) > 2  # noqa: PLR2004  two slashes
            else None
        )
        self.words = [] if self.regex else [Word(word) for word in re.split(r"[\s-]+", text) if word]
        self.denies = any(word.text in DENIALS for word in self.words)

    def spans(self, sentence: Sentence, *, denials_count: bool) -> Iterator[tuple[int, int]]:
        """Give the spans of characters where it occurs undenied."""
        if self.regex is not None:
            yield from (found.span() for found in self.regex.finditer(sentence.text))
            return
        tokens = sentence.tokens
        for first in sentence.places(self.words[0]):
            last = self._match(sentence, first)
            if last is not None and (denials_count or not _denied(tokens, first)):
                yield tokens[first].start, tokens[last].end

    def _match(self, sentence: Sentence, first: int) -> int | None:
        at = first
        for word in self.words[1:]:
            places = sentence.places(word)
            after = bisect_right(places, at)
            if after == len(places) or places[after] > at + 1 + MAX_GAP:
                return None
            at = places[after]
        return at


def _denied(tokens: Sequence[Token], first: int) -> bool:
    return any(token.text in DENIALS for token in tokens[max(0, first - DENIAL_REACH) : first])


class Pattern:
    """Terms that must all occur in one sentence.

    Raises:
        ValueError: If a term is empty, or a regular expression is none.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.terms = [_term(part) for part in text.split(" + ")]
        self.denies = any(alternative.denies for term in self.terms for alternative in term)

    def find(self, sentence: Sentence) -> list[tuple[int, int]] | None:
        """Give a span for each term, or None if one is missing or denied.

        No word stands for two terms, and all lie close together: a long sentence that happens to hold the words far
        apart does not say what they say together.
        """
        choices = [
            [
                span
                for each in term
                for span in islice(each.spans(sentence, denials_count=self.denies), MAX_PLACES)
            ]
            for term in self.terms
        ]
        return _apart(choices, []) if all(choices) else None


def _apart(
    choices: Sequence[Sequence[tuple[int, int]]], chosen: list[tuple[int, int]]
) -> list[tuple[int, int]] | None:
    """Choose one span a term so that none overlap and all lie within `MAX_SPREAD` characters."""
    if len(chosen) == len(choices):
        return chosen
    for start, end in choices[len(chosen)]:
        if any(start < other_end and other_start < end for other_start, other_end in chosen):
            continue
        together = [*chosen, (start, end)]
        if max(stop for _, stop in together) - min(begin for begin, _ in together) > MAX_SPREAD:
            continue
        if (found := _apart(choices, together)) is not None:
            return found
    return None


def _term(text: str) -> list[Alternative]:
    stripped = text.strip()
    parts = [stripped] if stripped.startswith("/") else [part.strip() for part in stripped.split("|")]
    if not all(part.strip("= ") for part in parts):
        raise ValueError(f"an empty term in the pattern: write words between `|` and ` + `, not {text!r}")
    try:
        return [Alternative(part) for part in parts]
    except re.error as exc:
        raise ValueError(f"{stripped} is no regular expression: {exc}") from None


@cache
def pattern(text: str) -> Pattern:
    """Compile a pattern once."""
    return Pattern(text)
