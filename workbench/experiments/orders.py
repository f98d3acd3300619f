"""Three rules that a phone could order messages by, and which of them are right. Pure."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RULES = ("arrival", "timestamp", "sequence")


class Taken(msgspec.Struct, frozen=True):
    """What a server did with a message. `clock_s` is Unix time by the server's own clock, in seconds."""

    message: int
    server: str
    clock_s: float
    seq: int
    partition: int
    offset: int


class Arrival(msgspec.Struct, frozen=True):
    """A message as it came to the phone, `ms` after the first was written; its consumer had `before` others to do."""

    message: int
    clock_s: float
    seq: int
    partition: int
    before: int
    ms: float


class SortedBuffer:
    """The receiving phone's list: sorted by sequence number whatever comes when, and each number once."""

    def __init__(self) -> None:
        self._rows: list[Arrival] = []

    def insert(self, arrival: Arrival) -> bool:
        """Put a message in its place; say whether it was new."""
        if any(row.seq == arrival.seq for row in self._rows):
            return False
        insort(self._rows, arrival, key=lambda row: row.seq)
        return True

    @property
    def rows(self) -> list[Arrival]:
        """What the screen shows."""
        return list(self._rows)


def ordered(arrivals: Sequence[Arrival]) -> dict[str, list[Arrival]]:
    """Order messages, given as they arrived, by each rule. Equal timestamps stay as they arrived."""
    buffer = SortedBuffer()
    for each in arrivals:
        buffer.insert(each)
    by_time = sorted(arrivals, key=lambda each: each.clock_s)
    return dict(zip(RULES, (list(arrivals), by_time, buffer.rows), strict=True))


def is_right(rows: Iterable[Arrival]) -> bool:
    """Say whether an order is the one in which the person wrote: the observed one, never the expected."""
    messages = [row.message for row in rows]
    return messages == sorted(messages)


def explanation(arrivals: Sequence[Arrival], skew_s: float) -> str:
    """Say why each rule came out as it did, from what was observed."""
    right = {rule: is_right(rows) for rule, rows in ordered(arrivals).items()}
    return " ".join((_of_arrival(arrivals, right["arrival"]), _of_time(skew_s, right), _of_seq(right)))


def _of_arrival(arrivals: Sequence[Arrival], right: bool) -> str:  # noqa: FBT001  private, and named at the call
    if right:
        return "Arrival was right this time, by luck: nothing makes two independent consumers take turns."
    backlogs: dict[int, int] = {}
    for each in arrivals:
        backlogs.setdefault(each.partition, each.before)
    busy = max(backlogs, key=lambda partition: backlogs[partition])
    reason = (
        f"had {backlogs[busy]} older records to hand over first"
        if backlogs[busy]
        else "only happened to be later"
    )
    return f"Arrival failed because the partitions have a consumer each, and consumer-{busy} {reason}."


def _of_time(skew_s: float, right: dict[str, bool]) -> str:
    if not right["timestamp"]:
        off = "behind" if skew_s < 0 else "ahead"
        return (
            f"Timestamps failed because each server stamps with its own clock, and server-2's is {abs(skew_s):g} s"
            f" {off}."
        )
    if skew_s:
        return f"Timestamps were right here: a clock {abs(skew_s):g} s off did not turn these messages round."
    return "Timestamps were right because both servers read one laptop's clock; two machines drift apart."


def _of_seq(right: dict[str, bool]) -> str:
    if right["sequence"]:
        return (
            "Sequence IDs are right because the phone hands over one message at a time, one atomic INCR numbers them"
            " whichever server asks, and the receiver sorts by that number."
        )
    return "Sequence IDs came out wrong, which must not be: please report it."


KEYED = (
    "The real topic is keyed by conversation, so one consumer reads a conversation in order. What still reorders there:"
    " two servers appending for it, retries, a rebalance, the hand-over to sockets, live traffic during a sync."
)
