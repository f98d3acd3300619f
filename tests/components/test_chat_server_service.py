"""A chat server's shell on a real port, the boxes behind it faked: what a phone sees when one of them is away."""

import asyncio
import contextlib
import socket

import pytest
from nacl.signing import SigningKey
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from components.chat_server import draining
from components.chat_server.draining import spread_of
from components.chat_server.route_keeper import RouteKeeper
from components.chat_server.service import ChatServer
from components.internal_http.client import RejectedError, UnreachableError
from components.wire import codec
from components.wire.frames import Ack, Auth, Challenge, Error, Ping, Pong, Send, Welcome
from components.wire.identity import signed_bytes
from components.wire.names import SUBPROTOCOL

TRACEPARENT = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
KEY = SigningKey.generate()


class Away(Exception):  # noqa: N818  a state of a box
    pass


class World:
    """The boxes around a chat server, and its journal."""

    queue_id = "log-1"

    def __init__(self):
        self.events = []
        self.directory_fails: Exception | None = None
        self.map_fails = False
        self.goodbyes = []
        self.draining = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def public_key(self, _user, _device):
        if self.directory_fails:
            raise self.directory_fails
        return bytes(KEY.verify_key)

    async def register(self, _user, _route, _ttl_s):
        if self.map_fails:
            raise Away

    async def remove(self, _user, _connection):
        if self.map_fails:
            raise Away
        return True

    def ended(self, _connection, _user):
        pass

    async def leaving(self, server):
        self.goodbyes.append(server)

    async def send(self, send, *_who):
        await self.may_answer.wait()
        return Ack(send.client_msg_id, send.conversation, 1, 1, TRACEPARENT)

    def write(self, event, **_where):
        self.events.append((event.kind(), getattr(event, "error", None)))
        if event.kind() == "server_draining":
            self.draining.set()

    @contextlib.asynccontextmanager
    async def server(self):
        keeper = RouteKeeper("chat-1", self, self, heartbeat_s=30, speed=1, unavailable=Away)
        server = ChatServer(
            "chat-1",
            users=self,
            queue=self,
            accepting=self,
            routes=keeper,
            peers=None,
            syncing=None,
            unconfirmed=self,
            balancer=self,
            journal=self,
            secret="secret",
            heartbeat_s=30,
        )
        stop = self.stop = asyncio.Event()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving = asyncio.create_task(server.serve(listening, stop))
            try:
                yield f"ws://127.0.0.1:{listening.getsockname()[1]}"
            finally:
                stop.set()
                await serving


@pytest.fixture
def world():
    return World()


@contextlib.asynccontextmanager
async def login(url):
    async with connect(url, subprotocols=[SUBPROTOCOL], compression=None, proxy=None) as phone:
        challenge = codec.decode_server(await phone.recv())
        assert isinstance(challenge, Challenge)
        proof = KEY.sign(signed_bytes(challenge.nonce, challenge.server, "alice", "phone")).signature
        await phone.send(codec.encode(Auth("alice", "phone", proof)))
        yield phone, codec.decode_server(await phone.recv())


async def close_code(phone):
    with pytest.raises(ConnectionClosed) as closed:
        await phone.recv()
    return closed.value.rcvd.code


@pytest.mark.parametrize(
    "failure", [UnreachableError("refused"), RejectedError(401, "no")], ids=["away", "refusing"]
)
async def test_a_login_while_the_directory_is_away_is_turned_away_for_now(world, failure):
    world.directory_fails = failure
    async with world.server() as url:
        async with login(url) as (phone, answer):
            assert isinstance(answer, Error)
            assert (answer.name, answer.retryable) == ("login_unavailable", True)
            assert await close_code(phone) == 1013
        assert world.events == [("connection_refused", "login_unavailable")]
        world.directory_fails = None
        async with login(url) as (phone, answer):
            assert isinstance(answer, Welcome)


async def test_a_login_while_the_connection_map_is_away_is_turned_away_for_now(world):
    world.map_fails = True
    async with world.server() as url, login(url) as (phone, answer):
        assert (answer.name, answer.retryable) == ("not_ready", True)
        assert await close_code(phone) == 1013


async def test_a_welcome_names_the_log_and_the_heartbeat_that_keeps_the_route(world):
    async with world.server() as url, login(url) as (phone, answer):
        assert (answer.user, answer.server, answer.queue_id, answer.heartbeat_s) == (
            "alice",
            "chat-1",
            "log-1",
            30,
        )
        await phone.send(codec.encode(Ping()))
        assert codec.decode_server(await phone.recv()) == Pong()


async def test_a_server_that_stops_says_goodbye_with_1012_and_takes_its_routes_away(world):
    async with contextlib.AsyncExitStack() as running:
        url = await running.enter_async_context(world.server())
        async with login(url) as (phone, _welcome):
            await running.aclose()
            assert await close_code(phone) == 1012
    assert [kind for kind, _ in world.events] == [
        "route_registered",
        "server_draining",
        "connection_drained",
        "route_removed",
    ]
    assert world.goodbyes == ["chat-1"]


async def test_a_server_that_stops_first_finishes_what_a_phone_has_sent(world):
    world.may_answer.clear()
    async with world.server() as url, login(url) as (phone, _welcome):
        await phone.send(codec.encode(Send("0123456789ab", "alice:bob", "plain", b"Hey", TRACEPARENT)))
        await phone.send(codec.encode(Ping()))  # is read after the message, and not answered before it
        world.stop.set()
        await world.draining.wait()
        world.may_answer.set()
        assert codec.decode_server(await phone.recv()).client_msg_id == "0123456789ab"
        with contextlib.suppress(ConnectionClosed):
            assert codec.decode_server(await phone.recv()) == Pong()
        assert await close_code(phone) == 1012


async def test_a_server_that_stops_does_not_wait_for_ever_for_what_a_phone_has_sent(world, monkeypatch):
    monkeypatch.setattr(draining, "WORK_TIMEOUT_S", 0.01)
    world.may_answer.clear()
    async with world.server() as url, login(url) as (phone, _welcome):
        await phone.send(codec.encode(Send("0123456789ab", "alice:bob", "plain", b"Hey", TRACEPARENT)))
        world.stop.set()
        assert await close_code(phone) == 1012
        world.may_answer.set()


async def test_a_server_that_stops_takes_no_new_connection(world):
    world.may_answer.clear()
    async with world.server() as url, login(url) as (phone, _welcome):
        await phone.send(codec.encode(Send("0123456789ab", "alice:bob", "plain", b"Hey", TRACEPARENT)))
        world.stop.set()
        await world.draining.wait()
        with pytest.raises(OSError, match="Connect call failed"):
            await connect(url, proxy=None)
        world.may_answer.set()
        assert codec.decode_server(await phone.recv()).client_msg_id == "0123456789ab"


@pytest.mark.parametrize(("connections", "spread_s"), [(0, 0), (1, 0.01), (3, 0.03), (50, 0.5), (5000, 0.5)])
def test_phones_are_let_go_within_a_bound_that_grows_with_their_number(connections, spread_s):
    assert spread_of(connections) == pytest.approx(spread_s)
