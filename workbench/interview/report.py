"""What came of an interview: the figures, for `--json` and for the page that `report_page.py` prints. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.interview.grading import Grade, overrule
from workbench.interview.session import Turn, percent_of_question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.interview.session import Planned, Session

GOOD = 70.0
"""Percent from which a question needs no lesson."""


class AnswerReport(msgspec.Struct, frozen=True):
    """One answer, its score by the rubric, and as the learner sees it."""

    turn: Turn
    percent: float | None
    percent_overruled: float | None
    overruled: Grade | None


class QuestionReport(msgspec.Struct, frozen=True):
    """One question with its follow-ups."""

    id: str
    title: str
    topic: str
    lesson: str
    part: str
    percent: float | None
    percent_overruled: float | None
    answers: list[AnswerReport]


class Report(msgspec.Struct, frozen=True):
    """A whole interview. The next lesson is that of the weakest question, if one was weak."""

    id: str
    started: str
    minutes: int
    elapsed_s: float
    focus: str | None
    finished: bool
    percent: float | None
    percent_overruled: float | None
    planned: int
    questions: list[QuestionReport]
    next_lesson: str | None
    next_part: str | None


def report(session: Session) -> Report:
    """Add up an interview."""
    questions = []
    for planned in session.planned:
        turns = [turn for turn in session.turns if turn.question == planned.id]
        if turns:
            questions.append(_question(planned, turns))
    weak = [
        each for each in questions if each.percent_overruled is not None and each.percent_overruled < GOOD
    ]
    weakest = min(weak, key=lambda each: each.percent_overruled or 0.0, default=None)
    return Report(
        id=session.id,
        started=session.started,
        minutes=session.minutes,
        elapsed_s=round(session.elapsed_s, 1),
        focus=session.focus,
        finished=session.finished,
        percent=_mean([each.percent for each in questions]),
        percent_overruled=_mean([each.percent_overruled for each in questions]),
        planned=len(session.planned),
        questions=questions,
        next_lesson=weakest.lesson if weakest else None,
        next_part=weakest.part if weakest else None,
    )


def _question(planned: Planned, turns: Sequence[Turn]) -> QuestionReport:
    return QuestionReport(
        id=planned.id,
        title=planned.title,
        topic=planned.topic,
        lesson=planned.lesson,
        part=planned.part,
        percent=percent_of_question(turns),
        percent_overruled=percent_of_question(turns, overruled=True),
        answers=[answer_report(turn) for turn in turns],
    )


def answer_report(turn: Turn) -> AnswerReport:
    """Give one answer with both scores."""
    graded = turn.grade
    return AnswerReport(
        turn,
        turn.percent,
        turn.percent_overruled,
        overrule(graded, turn.overrulings) if graded is not None and turn.overrulings else None,
    )


def _mean(percents: Sequence[float | None]) -> float | None:
    known = [each for each in percents if each is not None]
    return round(sum(known) / len(known), 1) if known else None
