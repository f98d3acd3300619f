"""Grades an answer to a question of any kind, and grades it again when the learner overrules. Pure.

Text is worth what its rubric says. A number, or the links of an architecture, are worth one half and the rubric the
other; without a rubric they are worth all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench import quantities
from workbench.interview import architecture
from workbench.interview.score import SHARE, Score, Verdict, percent_of, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.interview.questions import FollowUp, Question

MAX_FOLLOW_UPS = 2
ALL = 100.0


class Grade(msgspec.Struct, frozen=True):
    """What an answer is worth, and why. `part` is the number's or the links' percent, if there is one."""

    percent: float
    score: Score
    number: quantities.NumberResult | None = None
    links: architecture.LinksResult | None = None

    def __post_init__(self) -> None:
        """Refuse what no answer can be worth: it may be below zero, and never above all."""
        percents = [self.percent, self.score.percent, *([self.links.percent] if self.links else [])]
        if max(percents) > ALL:
            raise ValueError(f"{max(percents):g} percent is more than an answer can be worth")
        for item in self.score.items:
            if abs(item.points) > item.of:
                raise ValueError(f"item `{item.id}` has {item.points:g} of {item.of} points")

    @property
    def part(self) -> float | None:
        """Give what the number or the links alone are worth, in percent."""
        if self.number is not None:
            return 100.0 if self.number.right else 0.0
        return self.links.percent if self.links is not None else None


class Overruling(msgspec.Struct, frozen=True):
    """The learner's verdict on an item, or on a wrong answer that was found, and the reason."""

    item: str
    verdict: Verdict
    reason: str


def grade(question: Question, answer: str) -> Grade:
    """Grade the answer to a question.

    Raises:
        ValueError: If it is longer than an answer may be.
    """
    number = links = None
    prose = answer
    if question.number is not None:
        asked = question.number
        number = quantities.within(answer, asked.value, asked.unit, asked.within)
    if question.architecture is not None:
        links = architecture.compare(answer, question.architecture.expected())
        prose = architecture.parse(answer).prose
    return _whole(Grade(0.0, score(prose, question.rubric, question.wrong), number, links))


def grade_follow_up(follow_up: FollowUp, answer: str) -> Grade:
    """Grade the answer to a follow-up.

    Raises:
        ValueError: If it is longer than an answer may be.
    """
    return _whole(Grade(0.0, score(answer, follow_up.rubric)))


def _whole(graded: Grade) -> Grade:
    parts = [] if graded.part is None else [graded.part]
    if graded.score.items or not parts:
        parts.append(graded.score.percent)
    return msgspec.structs.replace(graded, percent=round(sum(parts) / len(parts), 1))


def overrule(graded: Grade, overrulings: Sequence[Overruling]) -> Grade:
    """Grade as the learner sees it. Of several overrulings of one item the last holds; unknown ones change nothing."""
    verdicts = {each.item: each.verdict for each in overrulings}
    items = [
        msgspec.structs.replace(
            item, verdict=verdicts[item.id], points=SHARE[verdicts[item.id]] * item.of, lacks=[]
        )
        if item.id in verdicts
        else item
        for item in graded.score.items
    ]
    wrong = [each for each in graded.score.wrong if verdicts.get(each.id, Verdict.MET) is not Verdict.MISSED]
    return _whole(msgspec.structs.replace(graded, score=Score(percent_of(items, wrong), items, wrong)))


def can_be_overruled(graded: Grade) -> list[str]:
    """List the ids that an overruling may name."""
    return [item.id for item in graded.score.items] + [wrong.id for wrong in graded.score.wrong]


def choose_follow_ups(question: Question, graded: Grade) -> list[int]:
    """Choose by what the answer contained or lacked: the first two that fit, as indices into the file."""
    fared = {(item.verdict.value, item.id) for item in graded.score.items}
    fared |= {("wrong", each.id) for each in graded.score.wrong}
    fitting = [
        at
        for at, follow_up in enumerate(question.follow_up)
        if follow_up.when.always
        or any(
            (kind, name) in fared
            for kind in ("met", "partly", "missed", "contradicted", "wrong")
            for name in getattr(follow_up.when, kind)
        )
    ]
    return fitting[:MAX_FOLLOW_UPS]
