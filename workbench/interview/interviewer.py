"""The interviewer: asks, waits, follows up, and shows only then what decided. It saves after every answer.

How the answers to a question scored is shown after its follow-ups: a follow-up asks for what was missing, and the
score would give it away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from workbench.errors import Exit
from workbench.interview.grading import grade, grade_follow_up
from workbench.interview.report import report
from workbench.interview.report_page import Page
from workbench.interview.reviewing import Reviewer
from workbench.interview.score import MAX_ANSWER
from workbench.interview.session import Turn, next_ask
from workbench.interview.showing import demonstrate
from workbench.interview.terminal import InterruptedAnswer, LeaveError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import Console

    from workbench.course.checks import Outcome
    from workbench.interview.grading import Grade
    from workbench.interview.questions import Question, Show
    from workbench.interview.session import Ask, Session
    from workbench.interview.showing import Live
    from workbench.interview.store import Store
    from workbench.interview.terminal import Screen

RESUME = "Saved. Go on with: workbench interview resume"


class Interviewer:
    """Holds one interview. `clock` gives seconds; only the time that is spent on answers counts."""

    def __init__(  # noqa: PLR0913  what it needs of the world, each a part of its own
        self,
        session: Session,
        bank: Mapping[str, Question],
        store: Store,
        screen: Screen,
        out: Console,
        *,
        clock: Callable[[], float],
        live: Live | None = None,
    ) -> None:
        self._session = session
        self._bank = bank
        self._store = store
        self._screen = screen
        self._page = Page(out)
        self._clock = clock
        self._live = live
        self._reviewer = Reviewer(session, store, screen, self._page)
        self._began: float | None = None

    def run(self) -> Exit:
        """Hold the interview until its end, or until the learner leaves.

        Raises:
            FailedError: If it cannot be saved.
        """
        self._store.save(self._session)
        try:
            ask = self._next()
            while ask is not None:
                self._hold(ask)
                following = self._next()
                if following is None or following.question.id != ask.question.id:
                    self._reviewer.review(ask.question)
                ask = following
        except LeaveError:
            self._save()
            self._page.line(RESUME)
            return Exit.DONE
        except KeyboardInterrupt as exc:
            if isinstance(exc, InterruptedAnswer):
                self._session.draft = exc.draft
            self._save()
            self._page.line(RESUME)
            return Exit.INTERRUPTED
        self._session.finished = True
        self._save()
        found = report(self._session)
        self._page.line("")
        self._page.head(found)
        self._page.line("All of it: workbench interview report")
        self._page.next_step(found)
        return Exit.DONE

    def _save(self) -> None:
        if self._began is not None:
            self._session.elapsed_s += self._clock() - self._began
            self._began = None
        self._store.save(self._session)

    def _next(self) -> Ask | None:
        ask = next_ask(self._session, self._bank)
        if ask is not None and self._session.elapsed_s >= self._session.minutes * 60:
            minutes = self._session.minutes
            used = "The minute is" if minutes == 1 else f"The {minutes} minutes are"
            self._page.line(f"{used} used up: the interview ends here.")
            return None
        return ask

    def _hold(self, ask: Ask) -> None:
        self._say(ask)
        already = self._session.elapsed_s
        self._began = self._clock()
        turn = (
            self._show_me(ask, ask.follow_up.show)
            if ask.follow_up and ask.follow_up.show
            else self._hear(ask)
        )
        seconds = round(self._session.elapsed_s - already + self._clock() - self._began, 1)
        self._session.turns.append(msgspec.structs.replace(turn, seconds=seconds, hints=self._session.hints))
        self._session.draft, self._session.hints = "", 0
        self._save()

    def _say(self, ask: Ask) -> None:
        self._page.line("")
        if ask.follow_up is None:
            at = [planned.id for planned in self._session.planned].index(ask.question.id) + 1
            heading = f"Question {at} of {len(self._session.planned)}: {ask.question.title}"
        else:
            heading = "Follow-up"
        self._page.line(Text(heading, style="bold"))
        self._page.line(" ".join(ask.text.split()))
        if ask.follow_up is None and ask.question.kind == "architecture":
            self._page.line("Type one path a line, such as client -> load balancer -> chat server.")

    def _hear(self, ask: Ask) -> Turn:
        text = self._listen(ask)
        if text is None:
            return _turn(ask, "", skipped=True)
        if ask.follow_up is not None:
            return _turn(
                ask, text, grade=grade_follow_up(ask.follow_up, text) if ask.follow_up.rubric else None
            )
        graded = grade(ask.question, text)
        if graded.links is not None and graded.links.paths:
            self._page.drawing(graded.links, compared=False)
        return _turn(ask, text, grade=graded)

    def _listen(self, ask: Ask) -> str | None:
        """Read until there is an answer; None if it was skipped."""
        asked_again = False
        while True:
            said = self._screen.answer(self._session.draft)
            self._session.draft = said.text
            if said.left_out:
                # Some terminals have no footer to say it in.
                self._page.line(
                    f"Left out: {said.left_out:,} characters; an answer has at most {MAX_ANSWER:,}."
                )
            match said.kind:
                case "hint":
                    self._hint(ask)
                case "skip":
                    return None
                case "quit":
                    raise LeaveError
                case "answer" if len(said.text) > MAX_ANSWER:
                    self._session.draft = ""
                    self._page.line(f"That is too long: an answer has at most {MAX_ANSWER:,} characters.")
                case "answer" if said.text.strip():
                    return said.text.strip()
                case "answer" if asked_again:
                    return None
                case "answer":
                    asked_again = True
                    self._session.draft = ""
                    self._page.line(
                        "Nothing yet. Say what you would say aloud; another empty answer skips it."
                    )

    def _hint(self, ask: Ask) -> None:
        hints = ask.question.hints if ask.follow_up is None else []
        if self._session.hints < len(hints):
            self._page.line(f"Hint: {hints[self._session.hints]}")
            self._session.hints += 1
        else:
            self._page.line("No hint is left." if hints else "There is no hint for this one.")

    def _show_me(self, ask: Ask, show: Show) -> Turn:
        shown = demonstrate(show, self._live, self._screen, self._page)
        if shown is None:
            return self._hear(ask)
        return _turn(ask, shown.typed, skipped=shown.skipped, outcomes=shown.outcomes)


def _turn(
    ask: Ask,
    text: str,
    *,
    skipped: bool = False,
    grade: Grade | None = None,
    outcomes: Sequence[Outcome] = (),
) -> Turn:
    return Turn(
        question=ask.question.id,
        follow_up=ask.at,
        ask=" ".join(ask.text.split()),
        answer=text,
        state="skipped" if skipped else "answered",
        seconds=0.0,
        grade=grade,
        outcomes=list(outcomes),
    )
