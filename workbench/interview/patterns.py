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
from functools import cache, cached_property
from typing import TYPE_CHECKING

import snowballstemmer
from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_GAP = 2
FUZZY_FROM = 6
TWO_SLIPS_FROM = 9
MAX_SPREAD = 220
DENIAL_REACH = 3

_STEMMER = snowballstemmer.stemmer("english")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|\n\s*\n|\n\s*(?=[-*•]\s|\d+[.)]\s)")
_WORD = re.compile(r"[A-Za-z]+(?:[-'_][A-Za-z]+)*|\d+(?:[.,]\d+)*|->|→|✓+")
_SPLIT_COMPOUND = re.compile(r"[-_']")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DENIALS = _words("""
    not no never neither nor without cannot cant can't don't dont doesn't doesnt didn't isn't isnt aren't won't wont
    wouldn't shouldn't shouldnt needn't hardly avoid unnecessary
""")
REJECTIONS = DENIALS | _words("""
    wrong fail fails failed break breaks broken mistake naive tempting instead rather drift drifts unreliable bad
    worse lie lies problem problems waste wastes wasteful impossible but however although if suppose imagine
""")
FUNCTION_WORDS = _words("""
    a an the and or but so because since if then when while that which who this these those it its is are was were be
    been being has have had do does did will would can could may might must should to of in on at by for from with
    without as into over than not no only every each one all any there their they them we i you he she his her our my
    your what where how about before after until through between both such also more most out up down
""")


class Token:
    """A word of an answer and where it stands."""

    __slots__ = ("end", "start", "stem", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text.lower()
        self.start = start
        self.end = end
        self.stem = stem(self.text)


@cache
def stem(word: str) -> str:
    """Cut a word down to its stem."""
    return str(_STEMMER.stemWord(word))


class Sentence:
    """One sentence of an answer."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split()).replace("\u2019", "'")
        self._places: dict[tuple[bool, str], list[int]] = {}

    @cached_property
    def tokens(self) -> list[Token]:
        """Its words; of compounds, the parts (`sequence-number` is two)."""
        found = []
        for word in _WORD.finditer(self.text):
            if word[0].lower() in DENIALS:
                found.append(Token(word[0], word.start(), word.end()))
                continue
            at = word.start()
            for part in _SPLIT_COMPOUND.split(word[0]):
                if part:
                    found.append(Token(part, at, at + len(part)))
                at += len(part) + 1
        return found

    @cached_property
    def _vocabulary(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place, token in enumerate(self.tokens):
            places.setdefault(token.text, []).append(place)
        return places

    def places(self, word: Word) -> list[int]:
        """Give the places of the tokens that a pattern's word fits. Each distinct token is compared once."""
        found = self._places.get(word.key)
        if found is None:
            fitting = (at for at in self._vocabulary.values() if word.fits(self.tokens[at[0]]))
            found = self._places[word.key] = sorted(place for places in fitting for place in places)
        return found

    @cached_property
    def is_prose(self) -> bool:
        """Say whether it is a sentence, not a row of keywords: in prose every fifth word or more only joins others."""
        words = [token.text for token in self.tokens if token.text[0].isalpha()]
        joining = sum(word in FUNCTION_WORDS or word in DENIALS for word in words)
        return len(words) >= 5 and joining / len(words) >= 0.2  # noqa: PLR2004  said above

    @cached_property
    def asserts(self) -> bool:
        """Say whether it can assert anything: prose, or a few words such as "Use timestamps."."""
        return self.is_prose or len(self.tokens) <= 6  # noqa: PLR2004  a row of keywords is longer

    @cached_property
    def rejects(self) -> bool:
        """Say whether it speaks against something, so that a wrong idea in it may be named only to be refuted."""
        return any(token.text in REJECTIONS for token in self.tokens)


def sentences(text: str) -> list[Sentence]:
    """Cut an answer into sentences; list items and paragraphs count as such."""
    return [sentence for sentence in map(Sentence, _SENTENCE_END.split(text)) if sentence.tokens]


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
            [span for each in term for span in each.spans(sentence, denials_count=self.denies)]
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
