"""What a question's author writes down to have answers scored: the types behind the TOML."""

from __future__ import annotations

import msgspec

from workbench.interview.patterns import pattern


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One idea that a good answer contains: its concept, how it works, and why it is needed.

    Each part is a list of patterns of which one must be found. A part that is left out is not asked for. `wrong`
    holds patterns that contradict the item. `says` is the idea in a sentence, for the report.
    """

    id: str
    says: str
    points: int = msgspec.field(default=2)
    concept: list[str] = []
    mechanism: list[str] = []
    reason: list[str] = []
    wrong: list[str] = []

    def __post_init__(self) -> None:
        """Refuse what could never be scored."""
        if not (self.concept or self.mechanism or self.reason):
            raise ValueError(f"item `{self.id}` needs patterns in `concept`, `mechanism` or `reason`")
        if self.points < 1:
            raise ValueError(f"item `{self.id}`: `points` is 1 or more")
        for each in [*self.concept, *self.mechanism, *self.reason, *self.wrong]:
            pattern(each)


class Wrong(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wrong answer that sounds right. `costs` points are taken off; `why` tells the learner."""

    id: str
    patterns: list[str]
    why: str
    costs: int = 2

    def __post_init__(self) -> None:
        """Refuse patterns that are none."""
        for each in self.patterns:
            pattern(each)
