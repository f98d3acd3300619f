"""The phone's app: what is written, what comes in, and which receipts that calls for, around the database.

Nothing here holds a message that the database does not: kill the app anywhere, and the next start goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from typing import TYPE_CHECKING

from components.device.catching_up import CatchingUp
from components.device.connection import ConnectionManager
from components.device.login import identity_key
from components.device.meter import Meter
from components.device.network import Network
from components.device.outbox import Outbox
from components.device.protocol import Link
from components.trace.events import (
    MessageSent,
    MessageShown,
    MessageStatusChanged,
    MessageWritten,
    ReadMarked,
)
from components.wire import codec
from components.wire.frames import Ack, Challenge, Error, Message, Pong, Receipt, Synced, Welcome
from components.wire.names import conversation_of
from components.wire.traceparent import Trace

if TYPE_CHECKING:
    from components.device.database import Database
    from components.device.rows import Row
    from components.trace.journal import Journal
    from components.wire.frames import ReceiptStatus


class Phone:
    """One run of the app. `run` it as a task; `send` may be called at any time, online or not."""

    def __init__(  # noqa: PLR0913  the phone that it runs on
        self,
        user: str,
        database: Database,
        balancer: str,
        journal: Journal,
        *,
        speed: float,
        network: Network | None = None,
        meter: Meter | None = None,
    ) -> None:
        self.user = user
        self._db = database
        self._journal = journal
        self._speed = speed
        self._page: list[Message] = []
        self._server_marks: dict[tuple[str, str], int] = {}
        self.changed = asyncio.Condition()
        self._key = identity_key(database)
        self.meter = meter or Meter(speed)
        self.connection = ConnectionManager(
            user,
            self._key,
            balancer,
            self,
            journal,
            network=network or Network(),
            meter=self.meter,
            speed=speed,
        )
        self._outbox = Outbox(user, database, self.connection, journal, self._may_send, speed=speed)
        self._catching_up = CatchingUp(user, database, journal, self.connection.transmit, speed=speed)

    @property
    def public_key(self) -> bytes:
        """The Ed25519 public key of this device."""
        return bytes(self._key.verify_key)

    @property
    def link(self) -> Link:
        """Where the connection manager is."""
        return self.connection.link

    @property
    def server(self) -> str | None:
        """The chat server that holds the socket, if one does."""
        return self.connection.server

    async def run(self) -> None:
        """Stay connected, for ever, until cancelled."""
        try:
            await self.connection.run()
        finally:
            self._catching_up.stop()
            self._outbox.stop()

    async def online(self) -> None:
        """Wait until the phone is connected and known to the connection map."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.link is Link.ONLINE)

    # Writing ------------------------------------------------------------------------------------------------------

    async def send(self, peer: str, text: str, trace: Trace) -> Row:
        """Write a message to the database, and let the outbox send it when it can."""
        body = text.encode()
        row = self._db.write(peer, secrets.token_hex(6), body, trace.header)
        self._outbox.written(row)
        self._journal.write(
            MessageWritten(
                row.message_id, row.conversation, self.user, peer, len(body), hashlib.sha256(body).hexdigest()
            ),
            trace=trace,
        )
        await self._outbox.drain(row.conversation)
        return row

    async def read(self, peer: str, trace: Trace) -> int:
        """Open the conversation with somebody: everything that is there without a gap counts as read."""
        conversation = conversation_of(self.user, peer)
        seq = self._db.mark_read(conversation)
        self._journal.write(ReadMarked(conversation, self.user, seq), trace=trace)
        mark = self._db.last_from_others(conversation, seq)
        if mark > self._server_marks.get((conversation, "read"), 0):
            await self._confirm(conversation, "read", mark, trace)
        await self._notify()
        return seq

    def read_up_to(self, conversation: str) -> int:
        """Give how far the owner has read."""
        return self._db.read_up_to(conversation)

    def message(self, message_id: str) -> Row | None:
        """Give an own message as the database has it now."""
        return self._db.message(message_id)

    def messages(self, conversation: str | None) -> list[Row]:
        """List messages as the screen shows them."""
        return self._db.messages(conversation)

    def failure(self, message_id: str) -> Error | None:
        """Say why a message FAILED, as long as the app remembers."""
        return self._outbox.failure(message_id)

    def _may_send(self) -> bool:
        return self.link is Link.ONLINE and not self._catching_up.under_way

    # Reading ------------------------------------------------------------------------------------------------------

    async def welcomed(self, welcome: Welcome) -> None:
        """Come online: fetch what was missed first."""
        self._outbox.welcomed(welcome)
        self._server_marks.clear()
        await self._catching_up.begin()
        await self._notify()

    async def disconnected(self) -> None:
        """Forget what only concerned the connection; the database has everything else."""
        self._outbox.disconnected()
        self._page.clear()
        self._catching_up.stop()

    async def moved(self) -> None:
        """Wake whoever watches the phone's state."""
        await self._notify()

    async def take(self, text: str | bytes) -> None:
        """Take one frame."""
        frame = codec.decode_server(text)
        match frame:
            case Ack():
                await self._acknowledged(frame)
            case Message() if self._catching_up.under_way:
                self._page.append(frame)
            case Message():
                await self._received([frame])
            case Receipt() if frame.user == self.user:
                self._server_marks[frame.conversation, frame.status] = frame.seq
            case Receipt():
                self._db.take_receipt(frame)
                self._apply_receipts(frame.conversation, Trace.parse(frame.traceparent).child())
            case Synced():
                await self._synced(frame)
            case Error():
                await self._refused(frame)
            case Pong() | Welcome() | Challenge():
                pass
        await self._notify()

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def _acknowledged(self, ack: Ack) -> None:
        row = self._db.acknowledge(ack)
        self._outbox.acknowledged(ack)
        if row is not None:
            trace = Trace.parse(ack.traceparent).child()
            self._journal.write(
                MessageSent(row.message_id, self.user, ack.seq, ack.epoch),
                trace=trace,
                link=(self.server or "", self.user),
            )
            self._apply_receipts(ack.conversation, trace)
            await self._repeat_marks(ack.conversation, trace)  # its number may have been a gap before others'
        await self._outbox.drain(ack.conversation)

    async def _received(self, messages: list[Message]) -> None:
        """Commit messages, show them, and only then say so: ✓✓ is a promise about this phone's disk."""
        last: dict[str, Trace] = {}
        for message, new in zip(messages, self._db.receive(messages), strict=True):
            if message.sender == self.user:
                continue
            trace = Trace.parse(message.traceparent).child()
            self._journal.write(
                MessageShown(
                    message.message_id,
                    message.conversation,
                    message.seq,
                    self.user,
                    hashlib.sha256(message.body).hexdigest(),
                    duplicate=not new,
                ),
                trace=trace,
                link=(self.server or "", self.user),
            )
            last[message.conversation] = trace
        for conversation, trace in last.items():
            prefix = self._db.prefix(conversation)
            await self._confirm(
                conversation, "delivered", self._db.last_from_others(conversation, prefix), trace
            )
        for message in messages:
            if self._db.prefix(message.conversation) < message.seq:
                self._catching_up.look_for_gap(message.conversation, message.seq)

    async def _confirm(self, conversation: str, status: ReceiptStatus, seq: int, trace: Trace) -> None:
        """Send a high-water mark. One that is lost with its connection is sent again after the next sync."""
        if seq and await self.connection.transmit(Receipt(conversation, seq, status, trace.header)):
            known = self._server_marks.get((conversation, status), 0)
            self._server_marks[conversation, status] = max(seq, known)

    async def _synced(self, synced: Synced) -> None:
        page, self._page = self._page, []
        await self._received(page)
        self._db.close_numbers(synced.closed)
        trace = Trace.parse(synced.traceparent).child()
        for conversation in {message.conversation for message in page if message.sender == self.user}:
            self._apply_receipts(conversation, trace)  # its receipts came with it, and before it was taken
        if not await self._catching_up.page_taken(synced, len(page), self.server or ""):
            return
        self.meter.stats.syncs += 1
        for conversation in synced.upto:
            await self._repeat_marks(conversation, trace)
        await self._outbox.drain()

    async def _repeat_marks(self, conversation: str, trace: Trace) -> None:
        """Say again what the server does not know yet: a receipt may have gone down with the last connection."""
        marks: tuple[tuple[ReceiptStatus, int], ...] = (
            ("delivered", self._db.prefix(conversation)),
            ("read", self._db.read_up_to(conversation)),
        )
        for status, upto in marks:
            seq = self._db.last_from_others(conversation, upto)
            if seq > self._server_marks.get((conversation, status), 0):
                await self._confirm(conversation, status, seq, trace)

    def _apply_receipts(self, conversation: str, trace: Trace) -> None:
        for row, by in self._db.apply_receipts(conversation):
            self._journal.write(
                MessageStatusChanged(row.message_id, conversation, self.user, by, row.seq or 0, row.status),
                trace=Trace(Trace.parse(row.traceparent).trace_id, trace.span_id, trace.parent_id),
                link=(self.server or "", self.user),
            )

    async def _refused(self, error: Error) -> None:
        if error.client_msg_id is None:
            if error.retryable:
                await self._sync_or_receipt_failed()
            return
        await self._outbox.refused(error, error.client_msg_id)

    async def _sync_or_receipt_failed(self) -> None:
        """Fetch again, whichever it was: a sync also tells which receipts the server does not have."""
        page, self._page = self._page, []
        await self._received(page)
        self._server_marks.clear()
        self._catching_up.failed()
        await self._outbox.drain()
