"""The load balancer's shell: a server that says goodbye, or whose health check fails, gets no phone any more."""

import asyncio
import contextlib

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from components.internal_http import server as internal
from components.internal_http.client import Client
from components.load_balancer.client import LoadBalancerClient
from components.load_balancer.service import LoadBalancer, Target


class ChatServer:
    """The health check of a chat server, which can be held back and fail."""

    def __init__(self):
        self.status = 200
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def health(self, _request):
        status = self.status
        self.asked.set()
        await self.may_answer.wait()
        if status != 200:
            raise web.HTTPServiceUnavailable
        return internal.reply(body=True)


class Journal:
    def __init__(self):
        self.health = asyncio.Queue()

    def write(self, event, **_where):
        if event.kind() == "server_health_changed":
            self.health.put_nowait((event.server, event.healthy))


@contextlib.asynccontextmanager
async def balanced(chat_server):
    app = internal.application("secret")
    app.add_routes([web.get("/health", chat_server.health)])
    journal = Journal()
    async with TestServer(app) as backend:
        target = Target("ws://127.0.0.1:1", str(backend.make_url("")).rstrip("/"))
        balancer = LoadBalancer({"chat-1": target}, 1, "secret", journal, interval_s=0.01)
        async with TestServer(balancer.private) as private, TestClient(TestServer(balancer.public)) as phone:
            watching = asyncio.create_task(balancer.watch())
            client = Client("secret")
            try:
                yield LoadBalancerClient(client, str(private.make_url("")).rstrip("/")), phone, journal.health
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
                await client.close()
                await balancer.close()


async def status_of_connect(phone):
    async with phone.get("/connect?user=alice", allow_redirects=False) as answer:
        return answer.status


@pytest.fixture
async def chat_server():
    return ChatServer()


async def test_a_server_whose_health_check_says_503_is_dropped_and_taken_back(chat_server):
    async with balanced(chat_server) as (_client, phone, health):
        assert await health.get() == ("chat-1", True)
        assert await status_of_connect(phone) == 307
        chat_server.status = 503
        assert await health.get() == ("chat-1", False)
        assert await status_of_connect(phone) == 503
        chat_server.status = 200
        assert await health.get() == ("chat-1", True)
        assert await status_of_connect(phone) == 307


async def test_a_goodbye_counts_at_once_and_a_health_check_from_before_it_does_not_undo_it(chat_server):
    async with balanced(chat_server) as (client, phone, health):
        assert await health.get() == ("chat-1", True)
        chat_server.may_answer.clear()
        chat_server.asked.clear()
        await chat_server.asked.wait()  # it has seen that it is healthy, and has not said so yet
        chat_server.status = 503
        await client.leaving("chat-1")
        assert await health.get() == ("chat-1", False)
        chat_server.may_answer.set()
        chat_server.asked.clear()
        await chat_server.asked.wait()  # the old answer has been judged
        assert health.empty()
        assert await status_of_connect(phone) == 503


async def test_a_goodbye_of_a_stranger_or_to_nobody_is_no_reason_to_stay(chat_server):
    async with balanced(chat_server) as (client, _phone, health):
        assert await health.get() == ("chat-1", True)
        await client.leaving("chat-9")
        assert health.empty()
    async with contextlib.AsyncExitStack() as closing:
        client = Client("secret")
        closing.push_async_callback(client.close)
        await LoadBalancerClient(client, "http://127.0.0.1:1").leaving("chat-1")
