"""One phone whose identity is of no use disables no other, and a surprise is not kept quiet."""

import asyncio
import contextlib
import socket

import pytest

from components.device.fleet import Fleet
from components.device.glass import Glass, PhoneState
from components.internal_http.client import Client, RejectedError
from components.internal_http.server import serve


class Registry:
    """A directory that has another key for some names."""

    def __init__(self):
        self.failures = {}

    async def register(self, user, _device, _public_key, *, replace=False):  # noqa: ARG002  the port's
        if user in self.failures:
            raise self.failures[user]


class Journal:
    def __init__(self):
        self.disabled = []

    def write(self, event, **_where):
        if event.kind() == "phone_disabled":
            self.disabled.append(event.user)


class World:
    def __init__(self, folder):
        self.folder, self.registry, self.journal = folder, Registry(), Journal()

    def fleet(self):
        return Fleet(
            ["alice", "bob"],
            self.folder,
            "ws://127.0.0.1:1",
            self.registry,
            self.journal,
            speed=1,
        )

    @contextlib.asynccontextmanager
    async def running(self):
        """Run a fleet, and give what asks it for its phones."""
        fleet = self.fleet()
        running = asyncio.create_task(fleet.run())
        client = Client("secret")
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/phones?wait_s=0.1"
            runner = await serve(Glass(fleet, "secret").app, listening)
            try:
                yield lambda: client.get(url, list[PhoneState])
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await client.close()
                await runner.cleanup()
                await fleet.close()


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


async def assert_only_alice_is_out_of_order(world, problem):
    async with world.running() as phones:
        alice, bob = await phones()
    assert problem in alice.problem
    assert alice.link == "offline"
    assert bob.problem is None
    assert bob.link != "offline"
    assert world.journal.disabled == ["alice"]


async def test_a_refused_key_keeps_one_phone_offline_and_the_others_connect(world):
    world.registry.failures["alice"] = RejectedError(409, "this name is bound to another key")
    await assert_only_alice_is_out_of_order(world, "another key")


async def test_a_database_that_is_none_keeps_one_phone_offline_and_the_others_connect(world):
    (world.folder / "alice.sqlite3").write_bytes(b"no database" * 100)
    await assert_only_alice_is_out_of_order(world, "alice.sqlite3 cannot be used")


async def test_what_nobody_foresaw_ends_the_fleet(world):
    world.registry.failures["bob"] = RuntimeError("surprise")
    fleet = world.fleet()
    with pytest.raises(ExceptionGroup) as caught:
        await fleet.run()
    assert caught.group_contains(RuntimeError, match="surprise")
    await fleet.close()
