"""Cuts an answer into sentences, and tells prose from keywords and claims from refutations. Pure."""

from __future__ import annotations

import re
import textwrap
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import snowballstemmer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.interview.patterns import Word

SHORT = 8
"""Words. A row of keywords is longer, or has more commas."""

MAX_SENTENCE = 700
"""Characters. Nobody speaks longer ones; a pasted wall of text is cut so that scoring stays quick."""

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
_HYPOTHESES = _words("if suppose imagine instead rather")
_REFUTATIONS = _words("""
    wrong fail fails failed break breaks broken mistake naive tempting drift drifts disagree disagrees skew skewed
    unreliable trap useless worse lie lies waste wastes wasteful impossible
""")
"""Words that speak against what a sentence names, wherever they stand in it."""
_CONTRASTS = _words("but however yet though although except")
_APPROVALS = _words("fine ok okay enough good works reliable safe")
_PLACATIONS = re.compile(
    r"\b(?:no|not a|never a) (?:problem|need|issue|matter)s?\b|\bnever matters?\b|\bnot matter\b",
    re.IGNORECASE,
)
"""Denials that affirm: "it is no problem at all"."""
_CLAUSE_END = re.compile(
    r"[,;:()]|\s-\s|[\u2013\u2014]|\b(?=(?:but|however|yet|though|although|because|since|so|while|whereas)\b)",
    re.IGNORECASE,
)
FUNCTION_WORDS = _words("""
    a an the and or but so because since if then when while that which who this these those it its is are was were be
    been being has have had do does did will would can could may might must should to of in on at by for from with
    without as into over than not no only every each one all any there their they them we i you he she his her our my
    your what where how about once again still already same whose less before after until through between both such
    also more most out up down
""")


_GLUE = _words("a an the and or of is are was were there it its be been")
"""Function words that also join keywords: "the ring and the map and the hash"."""


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
        """Say whether it is a sentence, not a row of keywords.

        In prose every fifth word or more only joins others, and every eighth does more than line nouns up.
        """
        words = [token.text for token in self.tokens if token.text[0].isalpha() and token.text != "s"]
        joining = [word for word in words if word in FUNCTION_WORDS or word in DENIALS]
        relating = [word for word in joining if word not in _GLUE]
        return len(words) >= 5 and len(joining) >= 0.2 * len(words) and len(relating) >= 0.12 * len(words)  # noqa: PLR2004  said above

    @cached_property
    def asserts(self) -> bool:
        """Say whether it can assert anything: prose, or something short that is no row of keywords."""
        words, commas = len(self.tokens), self.text.count(",")
        return self.is_prose or words <= SHORT or (words <= 2 * SHORT and commas <= 1)

    @cached_property
    def _clauses(self) -> list[tuple[int, int]]:
        ends = [found.start() for found in _CLAUSE_END.finditer(self.text)]
        return list(pairwise([0, *ends, len(self.text)]))

    def argues_against(self, spans: Sequence[tuple[int, int]]) -> bool:
        """Say whether it speaks against what stands at the spans: names a wrong idea only to refute it.

        It does if their own clauses deny or only suppose, if a refuting word stands anywhere, or if a later clause
        begins with a contrast and does not approve after all.
        """
        begin, end = min(start for start, _ in spans), max(stop for _, stop in spans)
        own = " ".join(self.text[start:stop] for start, stop in self._clauses if start < end and begin < stop)
        if _words_of(_PLACATIONS.sub(" ", own)) & (DENIALS | _HYPOTHESES):
            return True
        if _words_of(self.text) & _REFUTATIONS:
            return True
        later = [_words_of(self.text[start:stop]) for start, stop in self._clauses if start >= end]
        return any(words & _CONTRASTS and not words & _APPROVALS for words in later)


def _words_of(text: str) -> frozenset[str]:
    return frozenset(word[0].lower() for word in _WORD.finditer(text))


def sentences(text: str) -> list[Sentence]:
    """Cut an answer into sentences; list items and paragraphs count as such, and nobody speaks longer ones."""
    cut = (part for piece in _SENTENCE_END.split(text) for part in textwrap.wrap(piece, MAX_SENTENCE))
    return [sentence for sentence in map(Sentence, cut) if sentence.tokens]
