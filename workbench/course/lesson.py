"""What a lesson consists of: steps, each some prose and at most one block that something is done with."""

from __future__ import annotations

from typing import Any

import msgspec

from workbench.course.checks import Check
from workbench.quantities import check_unit


class Matter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The front matter. `part` is the walkthrough's, `minutes` an honest guess, `needs` names lessons to take first.

    `servers` and `phones` say which cluster the lesson speaks of, if it does; 0 and none fit every cluster.
    """

    title: str
    part: str
    minutes: int
    needs: list[str] = []
    servers: int = 0
    phones: list[str] = []


class Run(msgspec.Struct, frozen=True, tag="run"):
    """Commands that the workbench runs, narrated."""

    commands: list[str]


class Predict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="predict"):
    """A question before the answer is seen. Exactly one of number, journal, trace, choice and order says what is right.

    `number` is right within the factor `within`, in `unit`; `journal` is a JMESPath expression over the events of the
    next run, which then gives the number, `trace` one over those of its newest message; `choice`
    lists the options and `answer` is the right one's place from 1; `order` lists things in the right order. `because`
    is told afterwards.
    """

    ask: str
    because: str
    number: float | None = None
    journal: str | None = None
    trace: str | None = None
    unit: str = ""
    within: float = 1.0
    choice: list[str] = []
    answer: int = 0
    order: list[str] = []

    def __post_init__(self) -> None:
        """Refuse a question that has no answer."""
        ways = [self.number is not None, self.by_run, bool(self.choice), bool(self.order)]
        if sum(ways) != 1 or (self.journal is not None and self.trace is not None):
            raise ValueError(
                "a `predict` block has exactly one of `number`, `journal`, `trace`, `choice`, `order`"
            )
        if self.unit:
            check_unit(self.unit)
        if self.choice and not 1 <= self.answer <= len(self.choice):
            raise ValueError(f"`answer` is the place of the right choice, 1 to {len(self.choice)}")
        if max(len(self.choice), len(self.order)) > 9:  # noqa: PLR2004  one key each
            raise ValueError("at most nine things to choose from or to order")
        if self.within < 1:
            raise ValueError("`within` is a factor of 1 or more")

    @property
    def by_run(self) -> bool:
        """Whether only the next run gives the answer."""
        return self.journal is not None or self.trace is not None


class Do(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="do"):
    """A task for the learner; the checks decide when it is done."""

    task: str
    check: list[Check]

    def __post_init__(self) -> None:
        """Refuse a task that nothing decides."""
        if not self.check:
            raise ValueError("a `do` block needs at least one [[check]]")


class Diagram(msgspec.Struct, frozen=True, tag="diagram"):
    """A diagram to look at: the arguments of `diagram`."""

    arguments: str


class Say(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="say"):
    """How to put it in the interview room, the trade-off to name, and what is asked next."""

    say: str
    trade_off: str
    follow_up: str


Block = Run | Predict | Do | Diagram | Say


class Step(msgspec.Struct, frozen=True):
    """Prose, and what is done with it. `line` is where it begins in the file. Hints are in tiers, mildest first."""

    line: int
    prose: str
    block: Block | None = None
    block_line: int = 0
    hints: list[str] = []
    solution: list[str] = []

    @property
    def kind(self) -> str:
        """Name what is done: read, run, predict, do, diagram or say."""
        return "read" if self.block is None else str(type(self.block).__struct_config__.tag)


class Lesson(msgspec.Struct, frozen=True):
    """A lesson. `name` is its folder's, such as `02-the-map`."""

    name: str
    file: str
    matter: Matter
    steps: list[Step]

    @property
    def number(self) -> str:
        """The part of the name before the first hyphen."""
        return self.name.partition("-")[0]


TEXT_BLOCKS: dict[str, Any] = {"predict": Predict, "do": Do, "say": Say}
"""Blocks whose body is TOML."""
