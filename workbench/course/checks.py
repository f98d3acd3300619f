"""Decides from the journal and from what commands answer whether a task is done, and says got, wanted and why. Pure."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import jmespath
import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WORDS = {"equals": "", "at_least": "at least ", "at_most": "at most "}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "at_least": operator.ge,
    "at_most": operator.le,
}


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition over what can be observed.

    Either `journal`, a JMESPath expression over the list of events since the step began (each has t_ns, component,
    kind, step, link, facts, trace_id); or `trace`, one over the events of the newest message among them; or
    `command`, a command line with `--json`, and `find`, an expression over its answer. Its value
    is compared by exactly one of `equals`, `at_least` and `at_most`. `why` tells the learner what it means if it is
    otherwise.
    """

    why: str
    journal: str | None = None
    trace: str | None = None
    command: str | None = None
    find: str | None = None
    equals: Any = None
    at_least: int | float | None = None
    at_most: int | float | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be decided."""
        if sum(source is not None for source in (self.journal, self.trace, self.command)) != 1:
            raise ValueError("a check has exactly one of `journal`, `trace`, `command`")
        if (self.command is None) != (self.find is None):
            raise ValueError("`command` goes with `find`, the JMESPath expression that picks the value")
        if sum(value is not None for value in (self.equals, self.at_least, self.at_most)) != 1:
            raise ValueError("a check has exactly one of `equals`, `at_least`, `at_most`")
        if self.command is not None and "--json" not in self.command.split():
            raise ValueError(f"`command` needs `--json`: write {self.command + ' --json'!r}")
        try:
            jmespath.compile(self.expression)
        except jmespath.exceptions.JMESPathError as exc:
            raise ValueError(f"no JMESPath expression: {str(exc).splitlines()[0]}") from None

    @property
    def expression(self) -> str:
        """The expression that picks the value."""
        return self.journal or self.trace or self.find or ""

    @property
    def comparison(self) -> str:
        """Name the field that says what is wanted."""
        return next(name for name in WORDS if getattr(self, name) is not None)


class Outcome(msgspec.Struct, frozen=True):
    """What a check found. `passed` is None if nothing could be observed: unknown, which is no pass."""

    passed: bool | None
    got: str
    wanted: str
    why: str

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        if self.passed:
            return f"yes: got {self.got}"
        return f"{'unknown' if self.passed is None else 'not yet'}: got {self.got}, wanted {self.wanted}. {self.why}"


def evaluate(check: Check, events: Sequence[Any], answer: Callable[[str], Any]) -> Outcome:
    """Evaluate a check. `answer` runs a command line and gives its JSON, or a string that says why it has none."""
    wanted = WORDS[check.comparison] + _say(getattr(check, check.comparison))
    subject: Any = newest_trace(events) if check.trace is not None else events
    if check.command is not None:
        subject = answer(check.command)
        if isinstance(subject, str):
            return Outcome(None, subject, wanted, check.why)
    try:
        got = jmespath.search(check.expression, subject)
    except jmespath.exceptions.JMESPathError as exc:
        return Outcome(None, f"nothing ({exc})", wanted, check.why)
    try:
        passed = _COMPARE[check.comparison](got, getattr(check, check.comparison))
    except TypeError:
        passed = False
    return Outcome(passed, _say(got), wanted, check.why)


def newest_trace(events: Sequence[Any]) -> list[Any]:
    """Give the events of the message that was written last."""
    written = [each["trace_id"] for each in events if each["kind"] == "message_written"]
    return [each for each in events if written and each["trace_id"] == written[-1]]


def _say(value: Any) -> str:
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
