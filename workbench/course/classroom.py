"""One learner in one course: where they are, what each step asks, and whether it is done. It shows nothing itself."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.course.checks import Check, Outcome, evaluate
from workbench.course.lesson import Do, Predict, Run
from workbench.course.progress import Course, LessonRecord, Mark, StepRecord
from workbench.errors import UsageProblem
from workbench.quantities import within
from workbench.units import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.course.lesson import Lesson, Step
    from workbench.course.library import Library
    from workbench.course.progress import Progress, ProgressFile

SETTLE_S = 3.0
"""How long a check waits at most for the journal to show what commands that have returned set in motion."""

QUIET_S = 0.5
"""Once the journal has shown nothing new for so long, there is nothing left to wait for."""

POLL_S = 0.03
MAX_ANSWER = 2_000
COUNT = "item"
"""The unit of a number that only counts."""


class Judged(msgspec.Struct, frozen=True):
    """A prediction, judged. `right` is None as long as only the coming run can tell."""

    right: bool | None
    said: str


class Stage:
    """What a classroom needs of the cluster: its journal, its commands, and whether there is one."""

    def __init__(
        self,
        events: Callable[[Mark | None], list[dict[str, Any]]],
        now: Callable[[], Mark],
        answer: Callable[[str], Any],
    ) -> None:
        self.events = events
        self.now = now
        self.answer = answer


class Classroom:
    """Moves a learner through a lesson. Every move is saved before it is shown."""

    def __init__(self, library: Library, file: ProgressFile, stage: Stage) -> None:
        self.library = library
        self._file = file
        self._stage = stage
        self.progress: Progress = file.load()
        self.lesson: Lesson | None = None

    @property
    def course(self) -> Course:
        """The record of this course."""
        return self.progress.course(self.library.key)

    @property
    def record(self) -> LessonRecord:
        """The record of the open lesson."""
        assert self.lesson is not None  # noqa: S101  callers open one first
        return self.course.lessons.setdefault(self.lesson.name, LessonRecord())

    @property
    def step(self) -> Step:
        """The step where the learner is."""
        assert self.lesson is not None  # noqa: S101  likewise
        return self.lesson.steps[self.record.step]

    @property
    def step_record(self) -> StepRecord:
        """What became of it so far."""
        return self.record.at(self.record.step)

    def open(self, name: str | None) -> None:
        """Open a lesson by name, or the one that was left, or the first that is not completed.

        Raises:
            UsageProblem: If there is none.
        """
        names = self.library.names()
        if not names:
            raise UsageProblem(
                f"{self.library.folder} has no lesson: `workbench lesson new 01-name` makes one"
            )
        done = [each for each, record in self.course.lessons.items() if record.completed]
        if name is None:
            kept = self.course.current if self.course.current in names else None
            unfinished = kept if kept and kept not in done else None
            name = unfinished or next((each for each in names if each not in done), kept or names[0])
        else:
            name = self.library.find(name)
        self.lesson = self.library.lesson(name)
        self.course.current = name
        self.record.step = max(0, min(self.record.step, len(self.lesson.steps) - 1))
        if self.record.mark is None:
            self.record.mark = self._stage.now()
        self.save()

    def save(self) -> None:
        """Write the progress file."""
        self._file.save(self.progress)

    # Moving ---------------------------------------------------------------------------------------------------------

    def done(self, state: str = "done") -> bool:
        """Note that the step is done (or skipped) and go on; say whether there is a step to go on to."""
        assert self.lesson is not None  # noqa: S101  likewise
        record = self.step_record
        if record.state != "done":
            record.state = state
        if self.record.step + 1 == len(self.lesson.steps):
            self.record.completed = True
            self.save()
            return False
        self.move(1)
        return True

    def move(self, by: int) -> None:
        """Go on or back without judging; a step begins when it is come to."""
        assert self.lesson is not None  # noqa: S101  likewise
        self.record.step = max(0, min(self.record.step + by, len(self.lesson.steps) - 1))
        self.begin_step()

    def begin_step(self) -> None:
        """Let the step begin now: what happened before does not count for its checks."""
        self.record.mark = self._stage.now()
        self.save()

    def reset(self, name: str | None) -> None:
        """Forget what became of a lesson, or of the whole course."""
        if name is None:
            self.progress.courses.pop(self.library.key, None)
        else:
            self.course.lessons.pop(self.library.find(name), None)
        self.save()

    # Doing ----------------------------------------------------------------------------------------------------------

    def check(self, *, settle_s: float = SETTLE_S) -> list[Outcome]:
        """Evaluate the step's checks; give what commands set in motion a moment to show."""
        assert isinstance(self.step.block, Do)  # noqa: S101  the caller looked
        return self.evaluate(self.step.block.check, settle_s=settle_s)

    def evaluate(self, checks: Sequence[Check], *, settle_s: float = SETTLE_S) -> list[Outcome]:
        """Evaluate checks over what happened since the step began."""
        began = quiet_since = time.monotonic()
        seen = -1
        while True:
            events = self._stage.events(self.record.mark)
            outcomes = [evaluate(each, events, self._stage.answer) for each in checks]
            now = time.monotonic()
            if len(events) != seen:
                seen, quiet_since = len(events), now
            over = now - began >= settle_s or now - quiet_since >= QUIET_S
            if over or all(outcome.passed for outcome in outcomes):
                return outcomes
            time.sleep(POLL_S)

    def hint(self) -> str | None:
        """Give the next tier of hints; after the last one, begin again."""
        hints = self.step.hints
        if not hints:
            return None
        record = self.step_record
        tier = record.hints % len(hints)
        record.hints += 1
        self.save()
        return f"hint {tier + 1} of {len(hints)}: {hints[tier]}"

    def predict(self, text: str) -> Judged:
        """Judge a prediction and keep it.

        Raises:
            UsageProblem: If it is no answer to what was asked; nothing is kept then.
        """
        block = self.step.block
        assert isinstance(block, Predict)  # noqa: S101  the caller looked
        judged = judge(block, text, self.shuffled())
        record = self.step_record
        record.answer, record.right = text.strip(), judged.right
        self.save()
        return judged

    def shuffled(self) -> list[str]:
        """Give the things to order as they are shown: never in the right order, and always the same way."""
        block = self.step.block
        assert isinstance(block, Predict)  # noqa: S101  likewise
        shown = list(block.order)
        chance = random.Random(block.ask)
        while len(set(shown)) > 1 and shown == block.order:
            chance.shuffle(shown)
        return shown

    def resolve_predictions(self) -> list[tuple[Step, Judged]]:
        """After a run: judge the predictions before it whose answer only the run could give."""
        assert self.lesson is not None  # noqa: S101  likewise
        judged = []
        for place in range(self.record.step - 1, -1, -1):
            step, record = self.lesson.steps[place], self.record.at(place)
            if isinstance(step.block, Run):
                break
            if isinstance(step.block, Predict) and step.block.by_run and record.answer:
                measured = self._measure(step.block)
                number = (
                    within(record.answer, measured, step.block.unit or COUNT, step.block.within)
                    if measured
                    else None
                )
                right = number.right if number else None
                judged.append((step, Judged(right, f"you said {record.answer}; the run says {measured:g}")))
                record.right = right
        self.save()
        return judged[::-1]

    def _measure(self, block: Predict) -> float:
        check = Check(why="", journal=block.journal, trace=block.trace, at_least=1)
        (outcome,) = self.evaluate([check], settle_s=SETTLE_S)
        return float(outcome.got) if re.fullmatch(r"-?\d+(\.\d+)?", outcome.got) else 0.0


def judge(block: Predict, text: str, shown: Sequence[str]) -> Judged:
    """Judge an answer to a prediction. `shown` is the order in which the things to order were shown.

    Raises:
        UsageProblem: If it is no answer to what was asked.
    """
    if len(text) > MAX_ANSWER:
        raise UsageProblem(f"an answer has at most {MAX_ANSWER:,} characters")
    if not text.strip():
        raise UsageProblem("an empty answer: guess, a wrong guess teaches more than none")
    if block.choice:
        return _judge_choice(block, text.strip())
    if block.order:
        return _judge_order(block, text, shown)
    if block.number is None:
        if not re.search(r"\d", text):
            raise UsageProblem("write a number")
        return Judged(None, "the run will tell")
    number = within(text, block.number, block.unit or COUNT, block.within)
    if number.problem:
        raise UsageProblem(number.problem)
    give = f", give or take a factor of {block.within:g}" if block.within > 1 else ""
    right = say(block.number, block.unit, 10) if block.unit else f"{block.number:,.10g}"
    return Judged(number.right, f"you said {number.said.strip()}; it is {right}{give}")


def _judge_choice(block: Predict, text: str) -> Judged:
    if not text.isdigit() or not 1 <= int(text) <= len(block.choice):
        raise UsageProblem(f"answer with a number from 1 to {len(block.choice)}")
    said, right = block.choice[int(text) - 1], block.choice[block.answer - 1]
    return Judged(
        said == right, f"it is {right!r}" if said == right else f"you said {said!r}; it is {right!r}"
    )


def _judge_order(block: Predict, text: str, shown: Sequence[str]) -> Judged:
    places = [int(each) for each in re.findall(r"\d", text)]
    if sorted(places) != list(range(1, len(shown) + 1)):
        example = " ".join(str(place) for place in range(len(shown), 0, -1))
        raise UsageProblem(f"answer with each number from 1 to {len(shown)} once, such as {example}")
    said = [shown[place - 1] for place in places]
    return Judged(said == block.order, "in order: " + ", then ".join(block.order))
