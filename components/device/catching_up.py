"""Fetches what the phone missed: after every connect, and when a number arrives before the one in front of it.

The cursor of a conversation is its contiguous prefix, never the highest number seen: with a gap at 5, a phone that
says "after 7" would never get 5.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from components.trace.events import GapSeen, SyncFinished, SyncRequested
from components.wire.frames import Sync
from components.wire.names import MAX_CURSORS
from components.wire.traceparent import Trace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from components.device.database import Database
    from components.trace.journal import Journal
    from components.wire.frames import Synced

GAP_WAIT_S = 0.5
"""A number that is only a little late comes by itself; then the phone asks. Doubles up to `GAP_WAIT_MAX_S`."""

GAP_WAIT_MAX_S = 20.0


class CatchingUp:
    """One connection after another: pages of a sync, and the waits for missing numbers. Seconds at speed 1."""

    def __init__(
        self,
        user: str,
        database: Database,
        journal: Journal,
        transmit: Callable[[Sync], Awaitable[bool]],
        *,
        speed: float,
    ) -> None:
        self._user = user
        self._db = database
        self._journal = journal
        self._transmit = transmit
        self._speed = speed
        self._trace = Trace.start()
        self._pages = self._messages = 0
        self._gaps: dict[str, asyncio.Task[None]] = {}
        self._highest: dict[str, int] = {}
        self._asked: dict[str, int] = {}
        self._cut_short = False
        self.under_way = False

    async def begin(self) -> None:
        """Ask for everything after the cursors."""
        self._trace = Trace.start()
        self._pages = self._messages = 0
        self.under_way = True
        await self._ask()

    async def _ask(self) -> None:
        cursors = self._asked = self._db.cursors(MAX_CURSORS)
        self._pages += 1
        self._journal.write(SyncRequested(self._user, len(cursors), self._pages), trace=self._trace)
        await self._transmit(Sync(cursors, self._trace.header))

    async def page_taken(self, synced: Synced, messages: int, server: str) -> bool:
        """Take the end of a page, whose messages are in the database by now; say whether it was the last one.

        A page that moved no prefix, such as one full of what lies behind a gap, would only come again: it is the last
        one too, and who waits for the gap asks for the rest when it is filled.
        """
        self._messages += messages
        if synced.more and self._db.cursors(MAX_CURSORS) != self._asked:
            await self._ask()
            return False
        self.under_way, self._cut_short = False, synced.more
        self._journal.write(
            SyncFinished(self._user, self._pages, self._messages),
            trace=self._trace,
            link=(server, self._user),
        )
        return True

    def failed(self) -> None:
        """Take note that the server could not read the store; ask again soon."""
        self.under_way = False
        self.look_for_gap("", 0)

    def look_for_gap(self, conversation: str, seq: int) -> None:
        """Ask for what is missing in front of `seq`, if it does not come by itself."""
        self._highest[conversation] = max(seq, self._highest.get(conversation, 0))
        if conversation in self._gaps:
            return
        if conversation:
            prefix = self._db.prefix(conversation)
            self._journal.write(GapSeen(conversation, self._user, prefix, seq))
        self._gaps[conversation] = asyncio.create_task(self._wait_for(conversation))

    async def _wait_for(self, conversation: str) -> None:
        wait_s = GAP_WAIT_S
        try:
            while True:
                await asyncio.sleep(wait_s / self._speed)
                if conversation and self._db.prefix(conversation) >= self._highest[conversation]:
                    if self._cut_short and not self.under_way:
                        await self.begin()
                    return
                if not self.under_way:
                    await self.begin()
                    if not conversation:
                        return
                wait_s = min(2 * wait_s, GAP_WAIT_MAX_S)
        finally:
            self._gaps.pop(conversation, None)

    def stop(self) -> None:
        """Forget what is under way: the connection is gone."""
        self.under_way = False
        for task in self._gaps.values():
            task.cancel()
        self._gaps.clear()
