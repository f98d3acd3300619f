"""Scores an answer against a rubric, deterministically, with the words that decided. Pure.

An item is met if every part that its author asks for is found; partly met if a mechanism or a reason is found but not
all; missed otherwise. So a concept that is only named earns nothing, and a mechanism or reason only counts in a
sentence of prose: a list of keywords names everything and explains nothing. An item is contradicted if the answer
asserts the contrary, and then costs half of its points. A wrong idea that is named in a sentence which speaks against
it costs nothing: it may be there to be refuted.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from workbench.interview.patterns import pattern
from workbench.interview.sentence import Sentence, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.interview.rubric import Item, Wrong

MAX_ANSWER = 20_000
"""Characters. More than anybody says in ten minutes; a pasted file is refused before it gets here."""


class Verdict(StrEnum):
    """How an item fared."""

    MET = "met"
    PARTLY = "partly"
    MISSED = "missed"
    CONTRADICTED = "contradicted"


SHARE = {Verdict.MET: 1.0, Verdict.PARTLY: 0.5, Verdict.MISSED: 0.0, Verdict.CONTRADICTED: -0.5}
"""The part of an item's points that a verdict earns."""


class Evidence(msgspec.Struct, frozen=True):
    """Why: the sentence, and the spans of characters in it that the pattern found."""

    part: str
    sentence: str
    spans: list[tuple[int, int]]
    pattern: str


class ItemScore(msgspec.Struct, frozen=True):
    """One item's verdict, what it earned, and which of its parts were not found."""

    id: str
    says: str
    verdict: Verdict
    points: float
    of: int
    evidence: list[Evidence]
    lacks: list[str]


class WrongFound(msgspec.Struct, frozen=True):
    """A wrong answer that was given."""

    id: str
    why: str
    costs: int
    evidence: Evidence


class Score(msgspec.Struct, frozen=True):
    """The score of one answer: `percent` may be below zero."""

    percent: float
    items: list[ItemScore]
    wrong: list[WrongFound]


def score(answer: str, items: Sequence[Item], wrong: Sequence[Wrong] = ()) -> Score:
    """Score an answer.

    Raises:
        ValueError: If it is longer than `MAX_ANSWER`.
    """
    if len(answer) > MAX_ANSWER:
        raise ValueError(f"an answer has at most {MAX_ANSWER:,} characters; this one has {len(answer):,}")
    said = sentences(answer)
    scored = [_score_item(item, said) for item in items]
    found = [hit for each in wrong if (hit := _find_wrong(each, said)) is not None]
    return Score(percent_of(scored, found), scored, found)


def percent_of(items: Sequence[ItemScore], wrong: Sequence[WrongFound]) -> float:
    """Add up: earned points less the costs of wrong answers, in percent of all points."""
    total = sum(item.of for item in items)
    earned = sum(item.points for item in items) - sum(each.costs for each in wrong)
    return round(100 * earned / total, 1) if total else 0.0


def _score_item(item: Item, said: Sequence[Sentence]) -> ItemScore:
    contradiction = _asserted(item.wrong, said)
    if contradiction is not None:
        return _item_score(item, Verdict.CONTRADICTED, [contradiction], [])
    prose = [each for each in said if each.is_prose]
    asked = {
        "concept": (item.concept, said),
        "mechanism": (item.mechanism, prose),
        "reason": (item.reason, prose),
    }
    evidence, lacks = [], []
    for part, (patterns, where) in asked.items():
        if not patterns:
            continue
        hit = _find(part, patterns, where)
        if hit is None:
            lacks.append(part)
        else:
            evidence.append(hit)
    explained = any(each.part != "concept" for each in evidence) or not (item.mechanism or item.reason)
    verdict = Verdict.MET if not lacks else Verdict.PARTLY if evidence and explained else Verdict.MISSED
    return _item_score(item, verdict, evidence, lacks)


def _item_score(item: Item, verdict: Verdict, evidence: list[Evidence], lacks: list[str]) -> ItemScore:
    return ItemScore(item.id, item.says, verdict, SHARE[verdict] * item.points, item.points, evidence, lacks)


def _find_wrong(wrong: Wrong, said: Sequence[Sentence]) -> WrongFound | None:
    evidence = _asserted(wrong.patterns, said)
    return WrongFound(wrong.id, wrong.why, wrong.costs, evidence) if evidence is not None else None


def _asserted(patterns: Sequence[str], said: Sequence[Sentence]) -> Evidence | None:
    """Find a wrong idea, in a sentence that does not argue against it unless the idea itself is a denial."""
    claims = [each for each in said if each.asserts]
    for text in patterns:
        compiled = pattern(text)
        for sentence in claims:
            spans = compiled.find(sentence)
            if spans is not None and (compiled.denies or not sentence.argues_against(spans)):
                return _evidence("wrong", sentence, spans, text)
    return None


def _find(part: str, patterns: Sequence[str], said: Sequence[Sentence]) -> Evidence | None:
    for text in patterns:
        compiled = pattern(text)
        for sentence in said:
            spans = compiled.find(sentence)
            if spans is not None:
                return _evidence(part, sentence, spans, text)
    return None


def _evidence(part: str, sentence: Sentence, spans: Sequence[tuple[int, int]], text: str) -> Evidence:
    shown = sorted(span for span in spans if span[0] < span[1])  # a look-ahead finds nothing to show
    return Evidence(part, sentence.text, shown, text)
