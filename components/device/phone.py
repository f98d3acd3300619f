"""The phone's app: connection manager and outbox around the database.

Nothing here holds a message that the database does not: kill the app anywhere, and the next start goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import secrets
from typing import TYPE_CHECKING

import websockets
from websockets.asyncio.client import ClientConnection, connect

from components.device.login import authenticate, identity_key
from components.device.lost_log import LostLog
from components.device.protocol import CONNECTION, Link, LinkEvent, backoff_bound, backoff_delay
from components.trace.events import (
    ConnectionChanged,
    MessageSent,
    MessageShown,
    MessageStatusChanged,
    MessageWritten,
    ReconnectScheduled,
    SendFailed,
    SendTransmitted,
)
from components.wire import codec
from components.wire.frames import Ack, Challenge, Error, Message, Ping, Pong, Receipt, Send, Welcome
from components.wire.names import MAX_FRAME_BYTES, SUBPROTOCOL
from components.wire.traceparent import Trace

if TYPE_CHECKING:
    from components.device.database import Database, Row
    from components.trace.journal import Journal

OPEN_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 0.3
RETRY_S = 0.5
REPLACED = 4409


class Phone:
    """One phone. `run` it as a task; `send` may be called at any time, online or not."""

    def __init__(
        self, user: str, database: Database, balancer: str, journal: Journal, *, speed: float
    ) -> None:
        self.user = user
        self._db = database
        self._balancer = balancer
        self._journal = journal
        self._speed = speed
        self.link = CONNECTION.initial
        self.server: str | None = None
        self._socket: ClientConnection | None = None
        self._in_flight: dict[str, str] = {}
        self._attempts: dict[str, int] = {}
        self._failures: dict[str, Error] = {}
        self._retrying: asyncio.Future[None] | None = None
        self.changed = asyncio.Condition()
        self._key = identity_key(database)
        self._lost_log = LostLog(database)

    @property
    def public_key(self) -> bytes:
        """The Ed25519 public key of this device."""
        return bytes(self._key.verify_key)

    # Writing ------------------------------------------------------------------------------------------------------

    async def send(self, peer: str, text: str, trace: Trace) -> Row:
        """Write a message to the database, and let the outbox send it when it can."""
        body = text.encode()
        row = self._db.write(peer, secrets.token_hex(6), body, trace.header)
        self._attempts[row.message_id] = 0
        self._journal.write(
            MessageWritten(
                row.message_id, row.conversation, self.user, peer, len(body), hashlib.sha256(body).hexdigest()
            ),
            trace=trace,
        )
        await self._drain(row.conversation)
        return row

    async def online(self) -> None:
        """Wait until the phone is connected and known to the connection map."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.link is Link.ONLINE)

    def message(self, message_id: str) -> Row | None:
        """Give an own message as the database has it now."""
        return self._db.message(message_id)

    def messages(self, conversation: str | None) -> list[Row]:
        """List messages as the screen shows them."""
        return self._db.messages(conversation)

    async def _drain(self, conversation: str | None = None) -> None:
        # One message of a conversation in flight at a time: the server then numbers them in the order in which they
        # were written, retries included.
        if self.link is not Link.ONLINE:
            return
        for row in [*self._lost_log.due(), *self._db.outbox(conversation)]:
            if row.conversation not in self._in_flight:
                await self._transmit(row)

    async def _transmit(self, row: Row) -> None:
        socket = self._socket
        if socket is None:
            return
        trace = Trace.parse(row.traceparent).child()
        # Surely new is only what this run of the app wrote and never sent: an earlier run may have died after sending.
        resend = self._attempts.get(row.message_id) != 0
        frame = codec.encode(
            Send(row.message_id, row.conversation, "plain", row.body, trace.header, resend=resend)
        )
        self._in_flight[row.conversation] = row.message_id
        attempt = self._attempts[row.message_id] = self._attempts.get(row.message_id, 0) + 1
        self._journal.write(
            SendTransmitted(row.message_id, self.user, self.server or "", len(frame), attempt), trace=trace
        )
        try:
            await socket.send(frame)
        except websockets.ConnectionClosed:
            return  # the row is still PENDING; the next connection sends it again

    # Reading ------------------------------------------------------------------------------------------------------

    async def _take(self, text: str | bytes) -> None:
        frame = codec.decode_server(text)
        match frame:
            case Ack():
                await self._acknowledged(frame)
            case Message():
                await self._received(frame)
            case Receipt():
                self._db.take_receipt(frame)
                self._apply_receipts(frame.conversation, Trace.parse(frame.traceparent).child())
            case Error():
                await self._refused(frame)
            case Pong() | Welcome() | Challenge():
                pass
        async with self.changed:
            self.changed.notify_all()

    async def _acknowledged(self, ack: Ack) -> None:
        row = self._db.acknowledge(ack)
        if self._in_flight.get(ack.conversation) == ack.client_msg_id:
            del self._in_flight[ack.conversation]
        self._attempts.pop(ack.client_msg_id, None)
        self._lost_log.settled(ack.client_msg_id)
        if row is not None:
            trace = Trace.parse(ack.traceparent).child()
            self._journal.write(
                MessageSent(row.message_id, self.user, ack.seq, ack.epoch),
                trace=trace,
                link=(self.server or "", self.user),
            )
            self._apply_receipts(ack.conversation, trace)
        await self._drain(ack.conversation)

    async def _received(self, message: Message) -> None:
        trace = Trace.parse(message.traceparent).child()
        new = self._db.receive(message)
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
        # Only now, after the commit: ✓✓ says that the message is on this phone, not that it came near it.
        receipt = Receipt(message.conversation, message.seq, "delivered", trace.header)
        if self._socket is not None:
            await self._socket.send(codec.encode(receipt))

    def _apply_receipts(self, conversation: str, trace: Trace) -> None:
        for row, by in self._db.apply_receipts(conversation):
            self._journal.write(
                MessageStatusChanged(row.message_id, conversation, self.user, by, row.seq or 0, row.status),
                trace=Trace(Trace.parse(row.traceparent).trace_id, trace.span_id, trace.parent_id),
                link=(self.server or "", self.user),
            )

    async def _refused(self, error: Error) -> None:
        if error.client_msg_id is None:
            return
        for conversation, message_id in list(self._in_flight.items()):
            if message_id == error.client_msg_id:
                del self._in_flight[conversation]
        if error.retryable:
            asyncio.get_running_loop().call_later(RETRY_S / self._speed, self._retry_soon)
            return
        self._attempts.pop(error.client_msg_id, None)
        self._lost_log.settled(error.client_msg_id)
        row = self._db.refuse(error.client_msg_id)
        if row is not None:
            self._journal.write(
                SendFailed(row.message_id, self.user, error.name), trace=Trace.parse(row.traceparent).child()
            )
            self._failures[row.message_id] = error
        await self._drain()

    # Connecting ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Stay connected, for ever, until cancelled."""
        attempt = 0
        self._move(LinkEvent.OPEN)
        try:
            while True:
                stable = await self._connect_once()
                if self.link is Link.OFFLINE:
                    return
                attempt = 0 if stable else attempt
                delay = backoff_delay(attempt, self._speed, random.uniform)
                self._journal.write(
                    ReconnectScheduled(self.user, attempt, delay, backoff_bound(attempt, self._speed))
                )
                attempt += 1
                await asyncio.sleep(delay)
                self._move(LinkEvent.TIMER)
        finally:
            if CONNECTION.knows(self.link, LinkEvent.CLOSE):
                self._move(LinkEvent.CLOSE)

    async def _connect_once(self) -> bool:
        """Connect and stay until the connection is lost; say whether it was ever up."""
        was_online = False
        try:
            async with connect(
                f"{self._balancer}/connect?user={self.user}",
                subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # a NewType of str
                compression=None,
                max_size=2 * MAX_FRAME_BYTES,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                ping_interval=None,
                proxy=None,
            ) as socket:
                self._move(LinkEvent.SOCKET_OPEN)
                welcome = await authenticate(socket, self.user, self._key)
                self._socket, self.server = socket, welcome.server
                self._move(LinkEvent.WELCOME)
                was_online = True
                await self._online(socket, welcome)
        except websockets.ConnectionClosed as exc:
            replaced = exc.rcvd is not None and exc.rcvd.code == REPLACED
            self._move(LinkEvent.REPLACED if replaced else LinkEvent.LOST)
        except (OSError, TimeoutError, websockets.WebSocketException):
            self._move(LinkEvent.LOST)
        finally:
            self._socket, self.server = None, None
            self._in_flight.clear()
        return was_online

    async def _online(self, socket: ClientConnection, welcome: Welcome) -> None:
        heartbeat = asyncio.create_task(self._heartbeat(socket, welcome.heartbeat_s))
        try:
            self._lost_log.welcomed(welcome.queue_id)
            await self._drain()
            async with self.changed:
                self.changed.notify_all()
            async for text in socket:
                await self._take(text)
            raise websockets.ConnectionClosedOK(socket.protocol.close_rcvd, socket.protocol.close_sent)
        finally:
            heartbeat.cancel()

    async def _heartbeat(self, socket: ClientConnection, interval_s: float) -> None:
        while True:
            await asyncio.sleep(interval_s)
            await socket.send(codec.encode(Ping()))

    def _retry_soon(self) -> None:
        self._retrying = asyncio.ensure_future(self._drain())

    def _move(self, event: LinkEvent) -> None:
        before, self.link = self.link, CONNECTION.after(self.link, event)
        self._journal.write(ConnectionChanged(self.user, before, event, self.link))

    def failure(self, message_id: str) -> Error | None:
        """Say why a message FAILED, as long as the app remembers."""
        return self._failures.get(message_id)
