"""A chat server's shell on a real port, the boxes behind it faked: what a phone sees when one of them is away."""

import asyncio
import contextlib
import socket

import pytest
from nacl.signing import SigningKey
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from components.chat_server.route_keeper import RouteKeeper
from components.chat_server.service import ChatServer
from components.internal_http.client import RejectedError, UnreachableError
from components.wire import codec
from components.wire.frames import Auth, Challenge, Error, Ping, Pong, Welcome
from components.wire.identity import signed_bytes
from components.wire.names import SUBPROTOCOL

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

    def write(self, event, **_where):
        self.events.append((event.kind(), getattr(event, "error", None)))

    @contextlib.asynccontextmanager
    async def server(self):
        keeper = RouteKeeper("chat-1", self, self, heartbeat_s=30, speed=1, unavailable=Away)
        server = ChatServer(
            "chat-1",
            users=self,
            queue=self,
            accepting=None,
            routes=keeper,
            peers=None,
            syncing=None,
            journal=self,
            secret="secret",
            heartbeat_s=30,
        )
        stop = asyncio.Event()
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


async def test_a_server_that_stops_says_goodbye_with_1001_and_takes_its_routes_away(world):
    async with contextlib.AsyncExitStack() as running:
        url = await running.enter_async_context(world.server())
        async with login(url) as (phone, _welcome):
            await running.aclose()
            assert await close_code(phone) == 1001
    assert world.events[-1] == ("route_removed", None)
