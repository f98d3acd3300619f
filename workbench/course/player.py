"""Plays a lesson in a terminal: one key a move, nothing advances by itself, and every step is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from workbench.course.lesson import Diagram, Do, Predict, Run
from workbench.errors import Exit, UsageProblem
from workbench.nesting import named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.course.classroom import Classroom
    from workbench.course.lesson import Matter
    from workbench.course.page import Page

ENTER = ("\r", "\n")
NOT_INSIDE = ("lesson", "interview", "up", "down", "reset")
"""What would begin a second conversation, or take away the cluster on which the step is done."""


class Terminal(Protocol):
    """The learner's keyboard."""

    def key(self) -> str:
        """Wait for one key."""

    def line(self, prompt: str, *, commands: bool = False) -> str:
        """Wait for a line; one of `commands` can be completed."""


class Cluster(Protocol):
    """What the player does on a cluster. `perform` starts one if none runs."""

    def perform(self, line: str) -> Exit:
        """Run a command line, narrated."""

    def ensure(self, matter: Matter | None = None) -> None:
        """Start a cluster if none runs; refuse one that the lesson does not speak of."""

    def trouble(self) -> str:
        """Say which boxes are down, or nothing."""


class LeaveError(Exception):
    """The learner leaves; all is kept."""


class Player:
    """One sitting."""

    def __init__(self, classroom: Classroom, page: Page, terminal: Terminal, cluster: Cluster) -> None:
        self._room = classroom
        self._page = page
        self._terminal = terminal
        self._cluster = cluster

    def play(self) -> bool:
        """Play until the end of the lesson (True) or until the learner leaves (False)."""
        try:
            while True:
                self._page.step(self._room)
                if not self._act():
                    return True
        except (LeaveError, EOFError):
            return False

    def _act(self) -> bool:
        """Do what the step asks and move; say whether the lesson goes on."""
        match self._room.step.block:
            case Run(commands):
                move = self._run(commands)
            case Predict():
                move = self._predict()
            case Do():
                move = self._do()
            case Diagram(arguments):
                move = self._diagram(arguments)
            case _:
                move = self._choose({"": "next"})
        if move == "back":
            self._room.move(-1)
            return True
        return self._room.done("skipped" if move == "skip" else "done")

    # One kind of step each --------------------------------------------------------------------------------------------

    def _ensure(self) -> None:
        assert self._room.lesson is not None  # noqa: S101  one is open
        self._cluster.ensure(self._room.lesson.matter)

    def _run(self, commands: Sequence[str]) -> str:
        keys = {"": "run it", "s": "skip"}
        if self._room.step_record.state == "done":
            keys = {"": "next", "r": "run it"}
        while (move := self._choose(keys)) == "run it":
            self._room.begin_step()
            code = self._perform(commands)
            if code is Exit.DONE:
                self._tell_predictions()
                keys = {"": "next", "r": "run it"}
            else:
                self._tell_broken(code)
                keys = {"r": "run it", "s": "skip"}
        return move

    def _tell_predictions(self) -> None:
        for step, judged in self._room.resolve_predictions():
            assert isinstance(step.block, Predict)  # noqa: S101  it predicts
            self._page.judged(judged, step.block.because)

    def _perform(self, commands: Sequence[str]) -> Exit:
        self._ensure()
        for command in commands:
            if len(commands) > 1:
                self._page.line(f"workbench> {command}", "bold")
            code = self._cluster.perform(command)
            if code is not Exit.DONE:
                return code
        return Exit.DONE

    def _tell_broken(self, code: Exit) -> None:
        if code is Exit.NO_CLUSTER:
            self._page.line("The cluster has ended. It is started again when this step is repeated.", "bold")
        else:
            self._page.line(f"That did not work (exit code {code.value}). The step can be repeated.", "bold")
            if trouble := self._cluster.trouble():
                self._page.line(
                    f"{trouble}: `workbench down` and `up` in another terminal start all boxes anew."
                )

    def _diagram(self, arguments: str) -> str:
        while (code := self._perform([f"diagram {arguments}"])) is not Exit.DONE:
            self._tell_broken(code)
            if (move := self._choose({"r": "draw it", "s": "skip"})) != "draw it":
                return move
        return self._choose({"": "next"})

    def _predict(self) -> str:
        block = self._room.step.block
        assert isinstance(block, Predict)  # noqa: S101  the caller looked
        while True:
            answer = self._terminal.line("your answer (h hint, s skip, b back, q leave): ").strip()
            match answer.lower():
                case "h":
                    self._hint()
                case "s":
                    return "skip"
                case "b":
                    return "back"
                case "q":
                    raise LeaveError
                case _:
                    try:
                        judged = self._room.predict(answer)
                    except UsageProblem as exc:
                        self._page.line(str(exc))
                        continue
                    self._page.judged(judged, block.because)
                    move = self._choose(
                        {"": "next", "a": "answer again"} if judged.right is False else {"": "next"}
                    )
                    if move != "answer again":
                        return move

    def _do(self) -> str:
        self._ensure()
        self._page.line(
            "Type commands; an empty line checks. hint, solution, skip, back, leave do that.", "dim"
        )
        while True:
            match line := self._terminal.line("workbench> ", commands=True).strip():
                case "hint":
                    self._hint()
                case "solution":
                    self._solution()
                case "skip" | "back":
                    return line
                case "leave" | "exit" | "quit":
                    raise LeaveError
                case _:
                    if self._attempt(line):
                        return self._solved()

    def _attempt(self, line: str) -> bool:
        """Run what was typed, and say whether all checks pass now."""
        if command := named(line, NOT_INSIDE):
            self._page.line(f"`{command}` cannot be run inside a lesson: `leave` it first, all is kept.")
            return False
        code = self._cluster.perform(line) if line else Exit.DONE
        if code is Exit.NO_CLUSTER:
            self._page.line("The cluster has ended; it is started again, and this step begins anew.", "bold")
            self._ensure()
            self._room.begin_step()
            return False
        outcomes = self._room.check()
        self._page.outcomes(outcomes)
        return all(outcome.passed for outcome in outcomes)

    def _solved(self) -> str:
        keys = {"": "next", "h": "hint", "s": "solution"}
        while (move := self._choose(keys)) in ("hint", "solution"):
            if move == "hint":
                self._hint()
            else:
                self._solution()
        return move

    # Keys -------------------------------------------------------------------------------------------------------------

    def _choose(self, keys: dict[str, str]) -> str:
        """Wait for one of the keys; `b` goes back and `q` leaves everywhere."""
        offered = {**keys, "b": "back", "q": "leave"}
        self._page.line("")
        self._page.line("   ".join(f"[{key or 'Enter'}] {what}" for key, what in offered.items()), "dim")
        while True:
            pressed = self._terminal.key()
            key = "" if pressed in ENTER or pressed == " " else pressed.lower()
            if key in offered:
                if offered[key] == "leave":
                    raise LeaveError
                return offered[key]

    def _hint(self) -> None:
        self._page.line(self._room.hint() or "There is no hint for this step.")

    def _solution(self) -> None:
        record = self._room.step_record
        record.solution_seen = True
        self._room.save()
        for command in self._room.step.solution or ["there is none for this step"]:
            self._page.line(f"  {command}", "bold")
