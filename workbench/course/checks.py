"""What an author writes down to have a step checked, and what came of it: the types behind the TOML."""

from __future__ import annotations

from typing import Any

import msgspec


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fact that must hold, in the journal or in what a command prints.

    `journal` is a JMESPath expression over the list of the journal's events since the step began. `command` is a
    command line of the workbench, with `--json`, whose output `find`, a JMESPath expression, is applied to. `why`
    tells the learner what the fact means.
    """

    why: str
    journal: str | None = None
    command: str | None = None
    find: str = "@"
    equals: Any | None = None
    at_least: Any | None = None
    at_most: Any | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be decided."""
        if (self.journal is None) == (self.command is None):
            raise ValueError("a check looks at one thing: give either `journal` or `command`")
        if sum(each is not None for each in (self.equals, self.at_least, self.at_most)) != 1:
            raise ValueError("a check compares once: give one of `equals`, `at_least`, `at_most`")


class Outcome(msgspec.Struct, frozen=True):
    """What came of a check: whether it holds, what was wanted and got in words, and why it matters."""

    passed: bool
    wanted: str
    got: str
    why: str
