"""The shell around `Session`: the phones' WebSocket port, and the private port for the other boxes."""

from __future__ import annotations

import asyncio
import functools
import logging
import secrets
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from components.chat_server.connection import Connection
from components.chat_server.draining import Drain
from components.chat_server.protocol import (
    Accept,
    Action,
    Fetch,
    Reply,
    Session,
    State,
    TakeReceipt,
    Verify,
    error_frame,
)
from components.chat_server.violations import note_violation
from components.internal_http import server
from components.internal_http.client import RejectedError, UnreachableError
from components.trace.events import (
    ConnectionRefused,
    ConnectionReplaced,
    ConnectionSilent,
    FrameRejected,
    MessageHandedOver,
    ReceiptHandedOver,
    SlowReaderDropped,
)
from components.wire import codec, errors
from components.wire.errors import WireError
from components.wire.frames import Message, ServerFrame, Welcome
from components.wire.identity import NONCE_BYTES, signed_bytes
from components.wire.names import MAX_FRAME_BYTES, SUBPROTOCOL
from components.wire.records import CloseConnection, HandedOver, Handover, Push, Route
from components.wire.traceparent import continued

if TYPE_CHECKING:
    import socket

    from components.chat_server.accepting import Accepting
    from components.chat_server.ports import Balancer, Log, Peers, Users
    from components.chat_server.route_keeper import RouteKeeper
    from components.chat_server.syncing import Syncing
    from components.chat_server.unconfirmed import Unconfirmed
    from components.trace.journal import Journal
    from components.wire.frames import Auth

log = logging.getLogger(__name__)

AUTH_TIMEOUT_S = 5.0
HANDSHAKE_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 0.5
SILENT_HEARTBEATS = 2.5
"""A connection on which nothing was heard for so many heartbeats is dead: behind a tunnel no close ever comes."""


class ChatServer:
    """Holds the sockets of one server. `accepting` takes messages, `routes` keeps the connection map true."""

    def __init__(  # noqa: PLR0913  the boxes it talks to
        self,
        name: str,
        *,
        users: Users,
        queue: Log,
        accepting: Accepting,
        routes: RouteKeeper,
        peers: Peers,
        syncing: Syncing,
        unconfirmed: Unconfirmed,
        balancer: Balancer,
        journal: Journal,
        secret: str,
        heartbeat_s: float,
    ) -> None:
        self._name = name
        self._users = users
        self._queue = queue
        self._accepting = accepting
        self._routes = routes
        self._peers = peers
        self._syncing = syncing
        self._unconfirmed = unconfirmed
        self._balancer = balancer
        self._journal = journal
        self._heartbeat_s = heartbeat_s
        self._connections: dict[str, Connection] = {}
        self._closing: set[asyncio.Future[None]] = set()
        self._draining = False
        self.app = server.application(secret)
        self.app.add_routes(
            [
                web.get("/health", self._health),
                web.post("/deliver", self._deliver),
                web.post("/close", self._close_replaced),
            ]
        )

    async def serve(self, sock: socket.socket, stop: asyncio.Event) -> None:
        """Serve phones until `stop`; then close every connection with 1012, so that phones go elsewhere at once."""
        async with serve(
            self._handle,
            sock=sock,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # a NewType of str
            create_connection=functools.partial(  # type: ignore[arg-type]  # it is only called
                Connection, on_refused=self._note_failed_handshake
            ),
            compression=None,  # no deflate: no bomb, and ciphertext does not compress
            max_size=MAX_FRAME_BYTES,
            open_timeout=HANDSHAKE_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,  # the phone's own heartbeat does this, and it alone may spend its radio
            server_header=None,
        ) as listening:
            await stop.wait()
            self._draining = True
            await self._balancer.leaving(self._name)
            listening.server.close()  # only the door: the connections are closed one by one
            await Drain(self._connections, self._journal).run()
            listening.close(code=errors.SERVER_DRAINING.close or 1012, reason=errors.SERVER_DRAINING.name)

    # Phones -------------------------------------------------------------------------------------------------------

    async def _handle(self, raw: ServerConnection) -> None:
        assert isinstance(raw, Connection)  # noqa: S101  create_connection says so
        session = Session(self._name, secrets.token_bytes(NONCE_BYTES))
        connection_id = secrets.token_hex(6)
        try:
            await self._converse(raw, session, connection_id)
        except ConnectionClosed as exc:
            note_violation(self._journal, session.user, exc)
        finally:
            session.closed()
            self._connections.pop(connection_id, None)
            if session.user is not None:
                self._unconfirmed.ended(connection_id, session.user)
                await self._routes.remove(session.user, connection_id)

    def _note_failed_handshake(self, detail: str) -> None:
        self._journal.write(ConnectionRefused("handshake_failed", detail))

    async def _converse(self, raw: Connection, session: Session, connection_id: str) -> None:
        for action in session.start():
            await self._do(action, raw, session, connection_id)
        while True:
            try:
                text = await self._next(raw, session)
                with raw.at_work():
                    for action in session.receive(text):
                        await self._do(action, raw, session, connection_id)
            except WireError as error:
                if await self._refuse(raw, session, error):
                    return

    async def _next(self, raw: Connection, session: Session) -> str:
        is_open = session.state is State.OPEN
        silence_s = SILENT_HEARTBEATS * self._heartbeat_s
        try:
            async with asyncio.timeout(silence_s if is_open else AUTH_TIMEOUT_S):
                text = await raw.recv()
        except TimeoutError:
            if is_open:
                self._journal.write(ConnectionSilent(session.user or "", silence_s))
                raise WireError(errors.SILENT) from None
            raise session.timed_out() from None
        if isinstance(text, bytes):
            raise WireError(errors.BINARY_FRAME)
        return text

    async def _refuse(self, raw: Connection, session: Session, error: WireError) -> bool:
        if session.user is None:
            self._journal.write(ConnectionRefused(error.kind.name, error.detail))
        else:
            self._journal.write(
                FrameRejected(session.user, error.kind.name, error.detail, error.client_msg_id)
            )
        await raw.send(codec.encode(error_frame(error)))
        if error.kind.close is None:
            return False
        await raw.close(error.kind.close, error.kind.name)
        return True

    async def _do(self, action: Action, raw: Connection, session: Session, connection_id: str) -> None:
        match action:
            case Reply(frame):
                await raw.send(codec.encode(frame))
            case Verify(auth):
                await self._verify(auth, raw, session, connection_id)
            case Accept(send, recipients):
                assert session.user is not None  # noqa: S101  the table: only an open session accepts
                assert session.device is not None  # noqa: S101
                if not await raw.may_send():
                    raise WireError(errors.RATE_LIMITED, client_msg_id=send.client_msg_id)
                trace = continued(send.traceparent)
                ack = await self._accepting.send(send, recipients, session.user, session.device, trace)
                await raw.send(codec.encode(ack))
            case TakeReceipt(receipt, peers):
                self._unconfirmed.confirmed(connection_id, receipt.conversation, receipt.seq)
                await self._accepting.receipt(receipt, peers, continued(receipt.traceparent))
            case Fetch(sync):
                assert session.user is not None  # noqa: S101  likewise
                assert session.device is not None  # noqa: S101
                await self._syncing.serve(sync, session.user, session.device, raw.send)

    async def _verify(self, auth: Auth, raw: Connection, session: Session, connection_id: str) -> None:
        try:
            key = await self._users.public_key(auth.user, auth.device)
        except (UnreachableError, RejectedError) as exc:
            raise session.refused(errors.LOGIN_UNAVAILABLE) from exc
        if key is None:
            raise session.refused(errors.UNKNOWN_DEVICE)
        try:
            VerifyKey(key).verify(
                signed_bytes(session.nonce, self._name, auth.user, auth.device), auth.signature
            )
        except (BadSignatureError, ValueError, TypeError):
            raise session.refused(errors.BAD_SIGNATURE) from None
        session.verified(auth)
        route = Route(self._name, connection_id, auth.device)
        raw.user = auth.user
        self._connections[connection_id] = raw
        older = await self._routes.register(auth.user, route)
        if older is not None:
            await self._close_older(older, auth.user, connection_id)
        welcome = Welcome(auth.user, self._name, connection_id, self._heartbeat_s, self._queue.queue_id)
        await raw.send(codec.encode(welcome))

    async def _close_older(self, older: Route, user: str, by: str) -> None:
        if older.server == self._name:
            self.replace(older.connection, user, by)
        else:
            await self._peers.close_connection(older.server, CloseConnection(older.connection, user, by))

    # The other boxes ----------------------------------------------------------------------------------------------

    async def _health(self, _request: web.Request) -> web.Response:
        if self._draining:
            raise web.HTTPServiceUnavailable(text="draining")
        return server.reply(body=True)

    async def _deliver(self, request: web.Request) -> web.Response:
        handover = await server.body_of(request, Handover)
        return server.reply(HandedOver([self._push(push, handover.source) for push in handover.pushes]))

    def _push(self, push: Push, source: str) -> bool:
        connection = self._connections.get(push.connection)
        if connection is None:
            return False
        frame = push.frame
        trace = continued(frame.traceparent)
        onward: ServerFrame
        if isinstance(frame, Message):
            onward = msgspec.structs.replace(frame, traceparent=trace.header)
            event: MessageHandedOver | ReceiptHandedOver = MessageHandedOver(
                frame.message_id, frame.conversation, frame.seq, push.user, push.connection
            )
        else:
            onward = msgspec.structs.replace(frame, traceparent=trace.header)
            event = ReceiptHandedOver(frame.conversation, frame.user or "", frame.status, frame.seq)
        if not connection.push(codec.encode(onward)):
            if connection.too_slow:
                self._connections.pop(push.connection, None)  # and nothing more is pushed to it
                self._journal.write(SlowReaderDropped(push.user, push.connection, connection.unsent_bytes))
            return False
        self._journal.write(event, trace=trace, link=(source, self._name))
        if isinstance(onward, Message):
            self._unconfirmed.pushed(push.connection, onward)
        return True

    async def _close_replaced(self, request: web.Request) -> web.Response:
        asked = await server.body_of(request, CloseConnection)
        return server.reply(self.replace(asked.connection, asked.user, asked.by))

    def replace(self, connection_id: str, user: str, by: str) -> bool:
        """Close a connection that a newer login of the same device took over from; say whether it was here."""
        old = self._connections.pop(connection_id, None)
        if old is None:
            return False
        self._journal.write(ConnectionReplaced(user, connection_id, by))
        closing = asyncio.ensure_future(old.close(errors.REPLACED.close or 4409, errors.REPLACED.name))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        return True
