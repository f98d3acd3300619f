"""One interview: what was chosen, what was said, what comes next. Pure; the clock and chance are arguments."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from workbench.course.checks import Outcome
from workbench.errors import UsageProblem
from workbench.interview.grading import Grade, Overruling, can_be_overruled, choose_follow_ups, overrule
from workbench.interview.questions import Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.interview.questions import FollowUp

VERSION = 1
MAIN_WEIGHT = 2
"""A question counts as much as two follow-ups."""

MOST_SECONDS = 1e9

Minutes = Annotated[int, msgspec.Meta(ge=1, le=240)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=MOST_SECONDS)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Planned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question as it was when it was chosen, so that a report needs no bank."""

    id: str
    title: str
    topic: str
    minutes: Minutes
    lesson: str
    part: str


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that was asked, and the answer. `grade` is missing if it was skipped or nothing decides it."""

    question: str
    follow_up: Count | None
    ask: str
    answer: str
    state: Literal["answered", "skipped"]
    seconds: Seconds
    hints: Count = 0
    grade: Grade | None = None
    outcomes: list[Outcome] = []
    overrulings: list[Overruling] = []

    @property
    def percent(self) -> float | None:
        """Give what it is worth by the rubric alone, or nothing if nothing decides it."""
        if self.state == "skipped":
            return 0.0
        if self.outcomes:
            return round(100 * sum(each.passed is True for each in self.outcomes) / len(self.outcomes), 1)
        return self.grade.percent if self.grade else None

    @property
    def percent_overruled(self) -> float | None:
        """Give what it is worth as the learner sees it."""
        if self.grade is None or not self.overrulings:
            return self.percent
        return overrule(self.grade, self.overrulings).percent


class Session(msgspec.Struct, forbid_unknown_fields=True):
    """The state of an interview, as it is saved after every answer.

    `bank` is the folder of its questions, empty for the workbench's own; `draft` is an answer that was interrupted.
    """

    version: int
    id: str
    started: str
    minutes: Minutes
    focus: str | None
    seed: int
    bank: str
    planned: list[Planned]
    turns: list[Turn] = []
    elapsed_s: Seconds = 0.0
    draft: str = ""
    hints: Count = 0
    finished: bool = False


class Ask(msgspec.Struct, frozen=True):
    """What is asked next: a question, or the follow-up to it with that index in the file."""

    question: Question
    at: int | None = None

    @property
    def follow_up(self) -> FollowUp | None:
        """Give the follow-up, if it is one."""
        return None if self.at is None else self.question.follow_up[self.at]

    @property
    def text(self) -> str:
        """Give what the interviewer says."""
        return self.question.ask if self.follow_up is None else self.follow_up.ask


def choose(questions: Sequence[Question], minutes: int, focus: str | None, seed: int) -> list[Question]:
    """Fill the time: one question of each topic in turn, drawn by the seed, told in the order of the bank.

    Raises:
        UsageProblem: If no question has that topic.
    """
    topics = list(dict.fromkeys(question.topic for question in questions))
    if focus is not None and focus not in topics:
        raise UsageProblem(f"no question on {focus!r}: topics are {', '.join(topics)}")
    chance = random.Random(seed)
    drawn = {
        topic: [question for question in questions if question.topic == topic]
        for topic in topics
        if focus in (None, topic)
    }
    for each in drawn.values():
        chance.shuffle(each)
    order = list(drawn)
    chance.shuffle(order)
    chosen: list[Question] = []
    left = minutes
    for turn in range(max(map(len, drawn.values()), default=0)):
        for topic in order:
            if turn < len(drawn[topic]) and drawn[topic][turn].minutes <= left:
                chosen.append(drawn[topic][turn])
                left -= drawn[topic][turn].minutes
    # Whoever has two minutes is asked something all the same.
    chosen = (
        chosen
        or sorted((each for topic in order for each in drawn[topic]), key=lambda each: each.minutes)[:1]
    )
    return [question for question in questions if question in chosen]


def plan(question: Question) -> Planned:
    """Note what a report needs of a question."""
    return Planned(
        question.id, question.title, question.topic, question.minutes, question.lesson, question.part
    )


def next_ask(session: Session, bank: Mapping[str, Question]) -> Ask | None:
    """Say what comes next, or that nothing does. A question that has left the bank is passed over."""
    for planned in session.planned:
        question = bank.get(planned.id)
        if question is None:
            continue
        turns = [turn for turn in session.turns if turn.question == planned.id]
        if not turns:
            return Ask(question)
        main = turns[0]
        if main.grade is None:
            continue
        asked = {turn.follow_up for turn in turns}
        for at in choose_follow_ups(question, main.grade):
            if at not in asked:
                return Ask(question, at)
    return None


def with_overruling(session: Session, question: str, overruling: Overruling) -> Turn:
    """Overrule an item of a question or of its follow-ups, in place, and give the turn. Both scores are kept.

    Raises:
        UsageProblem: If there is no such item in what was answered.
    """
    known: list[str] = []
    for at, turn in enumerate(session.turns):
        if turn.question != question or turn.grade is None:
            continue
        ids = can_be_overruled(turn.grade)
        known += ids
        if overruling.item in ids:
            kept = [each for each in turn.overrulings if each.item != overruling.item]
            session.turns[at] = msgspec.structs.replace(turn, overrulings=[*kept, overruling])
            return session.turns[at]
    if not known:
        answered = ", ".join(dict.fromkeys(turn.question for turn in session.turns if turn.grade)) or "none"
        raise UsageProblem(f"no scored answer to {question!r} in this interview: there is {answered}")
    raise UsageProblem(f"no item {overruling.item!r} in {question}: there is {', '.join(known)}")


def percent_of_question(turns: Sequence[Turn], *, overruled: bool = False) -> float | None:
    """Weigh the answer to a question and those to its follow-ups."""
    weights = [
        (MAIN_WEIGHT if turn.follow_up is None else 1, turn.percent_overruled if overruled else turn.percent)
        for turn in turns
    ]
    counted = [(weight, percent) for weight, percent in weights if percent is not None]
    if not counted:
        return None
    return round(
        sum(weight * percent for weight, percent in counted) / sum(weight for weight, _ in counted), 1
    )
