"""Asks the notification service to wake who could not be reached; a push is a hint, so delivery hardly waits for it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from components.trace.events import EngineUnavailable

if TYPE_CHECKING:
    from components.delivery.ports import Notifications
    from components.trace.journal import Journal
    from components.wire.pushes import Wake

PATIENCE_S = 1.0
FIRST_RETRY_S = 0.1
LAST_RETRY_S = 5.0
MAX_OWED = 10_000
"""Wakes kept while the notification service is away; of more, the oldest are dropped."""

PORTION = 500


class Waker:
    """Asks at once, and if nobody answers again and again in the background, while delivery goes on."""

    def __init__(
        self,
        worker: str,
        notifications: Notifications,
        journal: Journal,
        unavailable: tuple[type[Exception], ...],
    ) -> None:
        self._worker = worker
        self._notifications = notifications
        self._journal = journal
        self._unavailable: tuple[type[Exception], ...] = (*unavailable, TimeoutError)
        self._owed: deque[Wake] = deque(maxlen=MAX_OWED)
        self._retrying: asyncio.Task[None] | None = None

    async def request(self, wakes: list[Wake]) -> None:
        """Ask for pushes. Returns within a second, and at once while the service is known to be away."""
        if self._retrying is not None and not self._retrying.done():
            self._owed.extend(wakes)
        elif not await self._ask(wakes, 1):
            self._owed.extend(wakes)
            self._retrying = asyncio.create_task(self._retry())

    async def close(self) -> None:
        """Give up what is still owed: the phones then find it when they connect by themselves."""
        if self._retrying is not None:
            self._retrying.cancel()
            await asyncio.gather(self._retrying, return_exceptions=True)

    async def _retry(self) -> None:
        attempt = 1
        while self._owed:
            await asyncio.sleep(min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempt, 10)))
            attempt += 1
            portion = [self._owed.popleft() for _ in range(min(PORTION, len(self._owed)))]
            if await self._ask(portion, attempt):
                attempt = 1
            else:
                self._owed.extendleft(reversed(portion))

    async def _ask(self, wakes: list[Wake], attempt: int) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._notifications.wake(self._worker, wakes)
        except self._unavailable as exc:
            self._journal.write(EngineUnavailable("push", str(exc) or "no answer in time", attempt))
            return False
        return True
