"""Tells the store how far the log was read, so that it knows which missing number can still come from there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from components.wire.records import LogRead

if TYPE_CHECKING:
    from collections.abc import Callable

REPORT_S = 5.0
"""How often, in seconds at speed 1: a fraction of the minute after which a missing number is given up."""


class Offsets(Protocol):
    """The consumer."""

    async def ends(self) -> dict[int, int]: ...  # noqa: D102
    async def positions(self) -> dict[int, int]: ...  # noqa: D102
    @property
    def partitions(self) -> int: ...  # noqa: D102


class Store(Protocol):
    """The message store."""

    async def log_was_read(self, progress: LogRead) -> None: ...  # noqa: D102


class Progress:
    """Marks where the partitions end, and reports once everything before that was read and stored.

    What was on the log when the mark was set is in the store when it is reported; so the age of the mark goes along,
    and a worker that was stopped in between reports something old.
    """

    def __init__(
        self, offsets: Offsets, store: Store, *, speed: float, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._offsets = offsets
        self._store = store
        self._interval_s = REPORT_S / speed
        self._clock_s = clock_s
        self._ends: dict[int, int] = {}
        self._marked_s = -self._interval_s

    async def turned(self) -> None:
        """Take note that everything that was polled so far is stored.

        Raises:
            Exception: What the consumer or the store raises if it does not answer.
        """
        if self._ends:
            positions = await self._offsets.positions()
            if set(positions) != set(
                self._ends
            ):  # some came or went: what is about them is for nobody to say now
                self._ends = {}
            elif all(positions[each] >= end for each, end in self._ends.items()):
                age_ms = int(1000 * (self._clock_s() - self._marked_s)) + 1
                read, self._ends = self._ends, {}
                await self._store.log_was_read(LogRead(dict.fromkeys(read, age_ms), self._offsets.partitions))
        if not self._ends and self._clock_s() - self._marked_s >= self._interval_s:
            self._marked_s = self._clock_s()
            self._ends = await self._offsets.ends()
