"""The directory's push tokens, through its server."""

import contextlib
import socket

import pytest

from components.directory.client import DirectoryClient
from components.directory.engine import Directory
from components.directory.service import DirectoryService
from components.internal_http.client import Client, RejectedError
from components.internal_http.server import serve
from components.wire.pushes import PushToken


@contextlib.asynccontextmanager
async def running(folder):
    directory = Directory(f"sqlite+aiosqlite:///{folder / 'directory.sqlite3'}")
    await directory.open()
    client = Client("secret")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        runner = await serve(DirectoryService(directory, "secret").app, listening)
        yield DirectoryClient(client, f"http://127.0.0.1:{listening.getsockname()[1]}")
        await client.close()
        await runner.cleanup()
    await directory.close()


@pytest.fixture
async def directory(tmp_path):
    async with running(tmp_path) as client:
        for user in ("alice", "bob"):
            await client.register(user, "phone", bytes(32))
        yield client


BOBS = PushToken("bob", "phone", "android", "a+b/c=d:e&f")


async def test_a_token_is_kept_and_the_same_again_is_nothing_new(directory):
    assert await directory.register_push_token(BOBS)
    assert not await directory.register_push_token(BOBS)
    assert await directory.push_tokens("bob") == [BOBS]
    assert await directory.push_tokens("alice") == []


async def test_a_new_installation_takes_the_place_of_the_old_one(directory):
    await directory.register_push_token(BOBS)
    newer = PushToken("bob", "phone", "ios", "newer")
    assert await directory.register_push_token(newer)
    assert await directory.push_tokens("bob") == [newer]


async def test_a_phone_that_changed_hands_wakes_its_new_owner_alone(directory):
    await directory.register_push_token(BOBS)
    await directory.register_push_token(PushToken("alice", "phone", "android", BOBS.token))
    assert await directory.push_tokens("bob") == []


async def test_a_dead_token_is_forgotten_once(directory):
    await directory.register_push_token(BOBS)
    assert await directory.remove_push_token(BOBS.token)
    assert not await directory.remove_push_token(BOBS.token)
    assert await directory.push_tokens("bob") == []


async def test_a_device_that_is_not_registered_gets_no_token(directory):
    with pytest.raises(RejectedError) as refused:
        await directory.register_push_token(PushToken("mallory", "phone", "ios", "x"))
    assert refused.value.status == 404
