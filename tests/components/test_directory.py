import asyncio

import pytest

from components.directory.engine import Directory, NameTakenError
from components.wire.records import RegisterDevice


@pytest.fixture
async def directory(tmp_path):
    opened = Directory(f"sqlite+aiosqlite:///{tmp_path / 'directory.sqlite3'}")
    await opened.open()
    yield opened
    await opened.close()


def phone(user, key=b"k" * 32, **fields):
    return RegisterDevice(user, "phone", key, **fields)


async def test_a_crowd_that_registers_at_once_waits_for_no_connection_of_its_own(directory):
    """More than the pool holds: if each needed a second connection they would wait for each other."""
    async with asyncio.timeout(20):
        await asyncio.gather(*(directory.register(phone(f"user-{number}")) for number in range(60)))
    assert len(await directory.user_names()) == 60


async def test_the_first_key_wins_and_the_same_again_changes_nothing(directory):
    await directory.register(phone("alice"))
    assert (await directory.register(phone("alice"))).public_key == b"k" * 32
    with pytest.raises(NameTakenError):
        await directory.register(phone("alice", b"x" * 32))


async def test_an_owner_who_proved_the_name_replaces_the_key(directory):
    await directory.register(phone("alice"))
    await directory.register(phone("alice", b"n" * 32, replace=True))
    assert (await directory.device("alice", "phone")).public_key == b"n" * 32
