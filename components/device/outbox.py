"""Sends what is PENDING, in the order in which it was written, until each message has its ACK.

One message of a conversation is in flight at a time: the server then numbers them in that order, retries included.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from components.device.lost_log import LostLog
from components.trace.events import SendFailed, SendTransmitted
from components.wire import codec
from components.wire.frames import Send
from components.wire.traceparent import Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.device.connection import ConnectionManager
    from components.device.database import Database
    from components.device.rows import Row
    from components.trace.journal import Journal
    from components.wire.frames import Ack, Error, Welcome

RETRY_S = 0.5
ACK_WAIT_S = 5.0
"""An ACK that takes longer makes the phone doubt the connection, and ask with a heartbeat. Seconds at speed 1."""


class Outbox:
    """One run of the app. `may_send` says whether now is the time: online, and what was missed is fetched."""

    def __init__(  # noqa: PLR0913  what it reads, and where it sends
        self,
        user: str,
        database: Database,
        connection: ConnectionManager,
        journal: Journal,
        may_send: Callable[[], bool],
        *,
        speed: float,
    ) -> None:
        self._user = user
        self._db = database
        self._connection = connection
        self._journal = journal
        self._may_send = may_send
        self._speed = speed
        self._lost_log = LostLog(database)
        self._in_flight: dict[str, str] = {}
        self._attempts: dict[str, int] = {}
        self._failures: dict[str, Error] = {}
        self._background: set[asyncio.Future[None]] = set()

    def written(self, row: Row) -> None:
        """Take note of a message that this run of the app wrote: surely nobody has seen it yet."""
        self._attempts[row.message_id] = 0

    def welcomed(self, welcome: Welcome) -> None:
        """Take the log's name from a new connection."""
        self._lost_log.welcomed(welcome.queue_id)

    async def drain(self, conversation: str | None = None) -> None:
        """Send what is due and not in flight."""
        if not self._may_send():
            return
        for row in [*self._lost_log.due(), *self._db.outbox(conversation)]:
            if row.conversation not in self._in_flight:
                await self._transmit(row)

    async def _transmit(self, row: Row) -> None:
        trace = Trace.parse(row.traceparent).child()
        # Surely new is only what this run of the app wrote and never sent: an earlier run may have died after sending.
        resend = self._attempts.get(row.message_id) != 0
        frame = Send(row.message_id, row.conversation, "plain", row.body, trace.header, resend=resend)
        self._in_flight[row.conversation] = row.message_id
        attempt = self._attempts[row.message_id] = self._attempts.get(row.message_id, 0) + 1
        size = len(codec.encode(frame))
        event = SendTransmitted(row.message_id, self._user, self._connection.server or "", size, attempt)
        self._journal.write(event, trace=trace)
        if await self._connection.transmit(
            frame
        ):  # if not: it is PENDING, the next connection sends it again
            self._later(ACK_WAIT_S, lambda: self._doubt_unless_acknowledged(row))

    def _doubt_unless_acknowledged(self, row: Row) -> None:
        if self._in_flight.get(row.conversation) == row.message_id:
            self._connection.doubt()

    def acknowledged(self, ack: Ack) -> None:
        """Take note of an ACK."""
        if self._in_flight.get(ack.conversation) == ack.client_msg_id:
            del self._in_flight[ack.conversation]
        self._attempts.pop(ack.client_msg_id, None)
        self._lost_log.settled(ack.client_msg_id)

    async def refused(self, error: Error, message_id: str) -> None:
        """Take a refusal: try again soon if that may help, else the message has FAILED."""
        for conversation, flying in list(self._in_flight.items()):
            if flying == message_id:
                del self._in_flight[conversation]
        if error.retryable:
            self._later(RETRY_S, self._drain_soon)
            return
        self._attempts.pop(message_id, None)
        self._lost_log.settled(message_id)
        row = self._db.refuse(message_id)
        if row is not None:
            event = SendFailed(row.message_id, self._user, error.name)
            self._journal.write(event, trace=Trace.parse(row.traceparent).child())
            self._failures[row.message_id] = error
        await self.drain()

    def failure(self, message_id: str) -> Error | None:
        """Say why a message FAILED, as long as the app remembers."""
        return self._failures.get(message_id)

    def disconnected(self) -> None:
        """Forget what was in flight: the next connection sends it again."""
        self._in_flight.clear()

    def stop(self) -> None:
        """End with the app."""
        for task in self._background:
            task.cancel()

    def _later(self, seconds: float, act: Callable[[], object]) -> None:
        asyncio.get_running_loop().call_later(seconds / self._speed, act)

    def _drain_soon(self) -> None:
        task = asyncio.ensure_future(self.drain())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
