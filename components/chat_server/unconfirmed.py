"""Remembers what was written to sockets and not confirmed by the phones behind them.

A write to a socket proves nothing. When a connection ends with messages that its phone never confirmed, and the phone
does not come back by itself, nobody else would wake it: the worker handed them over and is done. So this server asks
for the push.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from components.internal_http.client import RejectedError, UnreachableError
from components.trace.events import EngineUnavailable
from components.wire.pushes import Wake

if TYPE_CHECKING:
    from components.chat_server.ports import Notifications, Routes
    from components.trace.journal import Journal
    from components.wire.frames import Message

GRACE_S = 3.0
"""How long a phone may take to come back by itself before it is woken, in seconds at speed 1."""

MAX_WAITING = 10_000


class Unconfirmed:
    """One server's: by connection and conversation, the last message that was pushed and not confirmed."""

    def __init__(  # noqa: PLR0913  whom it asks
        self,
        server: str,
        routes: Routes,
        notifications: Notifications,
        journal: Journal,
        *,
        speed: float,
        unavailable: tuple[type[Exception], ...],
    ) -> None:
        self._server = server
        self._routes = routes
        self._notifications = notifications
        self._journal = journal
        self._grace_s = GRACE_S / speed
        self._unavailable: tuple[type[Exception], ...] = (UnreachableError, RejectedError, *unavailable)
        self._last: dict[str, dict[str, Message]] = {}
        self._waking: set[asyncio.Task[None]] = set()

    def pushed(self, connection: str, message: Message) -> None:
        """Take note of a message that was written to a connection."""
        self._last.setdefault(connection, {})[message.conversation] = message

    def confirmed(self, connection: str, conversation: str, seq: int) -> None:
        """Take note of a receipt: everything up to `seq` is on the phone."""
        waiting = self._last.get(connection, {})
        last = waiting.get(conversation)
        if last is not None and last.seq <= seq:
            del waiting[conversation]

    def ended(self, connection: str, user: str) -> None:
        """Take note that a connection is gone; wake its phone if it does not come back for what it has not got."""
        left = self._last.pop(connection, None)
        if left and len(self._waking) < MAX_WAITING:
            task = asyncio.create_task(self._wake(user, list(left.values())))
            self._waking.add(task)
            task.add_done_callback(self._waking.discard)

    async def _wake(self, user: str, messages: list[Message]) -> None:
        await asyncio.sleep(self._grace_s)
        try:
            if (await self._routes.lookup([user]))[user] is not None:
                return  # it is back, and its sync fetches them
            wakes = [Wake(user, each.conversation, each.seq, each.traceparent) for each in messages]
            await self._notifications.wake(self._server, wakes)
        except self._unavailable as exc:
            self._journal.write(EngineUnavailable("push", str(exc), 1))

    async def close(self) -> None:
        """Give up what still waits: the server ends, and every phone comes back elsewhere and syncs."""
        for task in self._waking:
            task.cancel()
        await asyncio.gather(*self._waking, return_exceptions=True)
