"""What follows a question: how the answers scored, the model answers, and the learner's own verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from workbench.interview.grading import Overruling, can_be_overruled
from workbench.interview.score import Verdict
from workbench.interview.session import with_overruling
from workbench.interview.terminal import ENTER, LeaveError

if TYPE_CHECKING:
    from workbench.interview.questions import Question
    from workbench.interview.report_page import Page
    from workbench.interview.session import Session, Turn
    from workbench.interview.store import Store
    from workbench.interview.terminal import Screen

KEYS = {"m": "model answer", "o": "overrule", "q": "leave"}
VERDICT_KEYS = {"m": Verdict.MET, "p": Verdict.PARTLY, "x": Verdict.MISSED}


class Reviewer:
    """Goes over the answers to one question with the learner."""

    def __init__(self, session: Session, store: Store, screen: Screen, page: Page) -> None:
        self._session = session
        self._store = store
        self._screen = screen
        self._page = page

    def review(self, question: Question) -> None:
        """Show the scores, then what the keys ask for, until Enter.

        Raises:
            LeaveError: If the learner leaves.
        """
        self._page.line("")
        for turn in self._turns(question):
            self._page.turn(turn)
        keys = {key: what for key, what in KEYS.items() if key != "o" or self._ids(question)}
        prompt = " | ".join(["Enter next", *(f"{key} {what}" for key, what in keys.items())])
        while (key := self._screen.key(prompt, keys)) != ENTER:
            if key == "q":
                raise LeaveError
            if key == "m":
                self._model(question)
            else:
                self._overrule(question)

    def _turns(self, question: Question) -> list[Turn]:
        return [turn for turn in self._session.turns if turn.question == question.id]

    def _ids(self, question: Question) -> list[str]:
        grades = [turn.grade for turn in self._turns(question) if turn.grade is not None]
        return [each for graded in grades for each in can_be_overruled(graded)]

    def _model(self, question: Question) -> None:
        for turn in self._turns(question):
            follow_up = None if turn.follow_up is None else question.follow_up[turn.follow_up]
            self._page.line("")
            self._page.line(Text("Model answer" if follow_up is None else turn.ask, style="bold"))
            self._page.line(" ".join((question.model if follow_up is None else follow_up.model).split()))
            if follow_up is None and question.number is not None:
                self._page.line(f"The working: {question.number.working}")
            if follow_up is not None and follow_up.show is not None:
                for command in follow_up.show.solution:
                    self._page.line(f"workbench {command}", 1)

    def _overrule(self, question: Question) -> None:
        ids = self._ids(question)
        self._page.line(f"Items: {', '.join(ids)}")
        item = self._screen.line("Which item? ").strip()
        if item not in ids:
            self._page.line("Nothing changed: there is no such item." if item else "Nothing changed.")
            return
        key = self._screen.key("m met | p partly | x missed, or not said | q none", [*VERDICT_KEYS, "q"])
        if key not in VERDICT_KEYS:
            return
        reason = self._screen.line("Your reason: ").strip()
        if not reason:
            self._page.line("Nothing changed: an overruling needs a reason.")
            return
        turn = with_overruling(self._session, question.id, Overruling(item, VERDICT_KEYS[key], reason))
        self._store.save(self._session)
        self._page.turn(turn)
