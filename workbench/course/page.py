"""Shows steps of a lesson: Markdown for the terminal, and what can be done with the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from workbench.course.lesson import Diagram, Do, Predict, Run, Say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from workbench.course.checks import Outcome
    from workbench.course.classroom import Classroom, Judged

WIDTH = 80


class Page:
    """Prints on a console, in at most 80 columns: longer lines are hard to read."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def width(self) -> int:
        """Columns that are used."""
        return min(self._console.width, WIDTH)

    def show(self, renderable: RenderableType) -> None:
        """Print something, without blanks at the ends of its lines: they would be copied along."""
        options = self._console.options.update(width=self.width)
        for segments in self._console.render_lines(renderable, options, pad=False):
            line = Text.assemble(
                *((segment.text, segment.style or "") for segment in segments if not segment.control)
            )
            line.rstrip()
            self._console.print(line, soft_wrap=True)

    def line(self, text: str, style: str = "") -> None:
        """Print plain words."""
        self.show(Text(text, style=style))

    def markdown(self, text: str, indent: int = 0) -> None:
        """Print Markdown."""
        if text:
            self.show(Padding(Markdown(text), (0, 0, 0, indent)) if indent else Markdown(text))

    def step(self, classroom: Classroom) -> None:
        """Print the step where the learner is."""
        lesson, step = classroom.lesson, classroom.step
        assert lesson is not None  # noqa: S101  one is open
        place = f"{classroom.record.step + 1} of {len(lesson.steps)}"
        self.line("")
        self.line(f"{lesson.number} {lesson.matter.title} · {place}", "bold cyan")
        self.line("")
        self.markdown(step.prose)
        if step.prose and step.block is not None:
            self.line("")
        match step.block:
            case Run(commands):
                for command in commands:
                    self.line(f"workbench> {command}", "bold")
            case Predict() as block:
                self._predict(block, classroom.shuffled())
            case Do(task):
                self.line("Your turn", "bold yellow")
                self.markdown(task)
            case Diagram(arguments):
                self.line(f"workbench> diagram {arguments}", "bold")
            case Say() as block:
                self._say(block)
            case None:
                pass

    def _predict(self, block: Predict, shuffled: Sequence[str]) -> None:
        self.line("Before you look", "bold yellow")
        self.markdown(block.ask)
        for number, option in enumerate(block.choice or shuffled, start=1):
            self.line(f"  {number}  {option}")
        if block.unit:
            close = f"; right within a factor of {block.within:g}" if block.within > 1 else ""
            self.line(f"  (in {block.unit}, or in any unit of that kind{close})", "dim")

    def _say(self, block: Say) -> None:
        self.line("In the interview room", "bold yellow")
        for heading, text in (
            ("Say", block.say),
            ("Trade-off", block.trade_off),
            ("Next they ask", block.follow_up),
        ):
            self.line(heading, "bold")
            self.markdown(text, indent=2)

    def judged(self, judged: Judged, because: str) -> None:
        """Tell what became of a prediction."""
        verdict = {True: "Right", False: "Not so", None: "Kept"}[judged.right]
        self.line(f"{verdict}: {judged.said}.", "bold")
        if judged.right is not None:
            self.markdown(because)

    def outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Tell what the checks found."""
        for outcome in outcomes:
            mark = {True: "+", False: "-", None: "?"}[outcome.passed]
            self.line(f"{mark} {outcome.sentence}")
        if all(outcome.passed for outcome in outcomes):
            self.line("Done.", "bold green")
