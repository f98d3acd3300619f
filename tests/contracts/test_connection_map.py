"""What the connection map promises, on every engine that can stand behind it: one suite, fakeredis and a real Redis."""

import asyncio
import os
import shutil
import socket
import subprocess
import threading
import time

import pytest
import redis
from fakeredis import TcpFakeServer

from components.connection_map.adapter import ConnectionMap, ConnectionMapError
from components.wire.records import Route, Unremembered, Unseeded

CHAT = "alice:bob"
HASH = "ab" * 32


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


@pytest.fixture(scope="module")
def fake_redis():
    server = TcpFakeServer(("127.0.0.1", free_port()))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def real_redis(tmp_path_factory):
    if given := os.environ.get("WORKBENCH_TEST_REDIS"):
        yield given
        return
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("neither WORKBENCH_TEST_REDIS nor a redis-server here")
    port = free_port()
    command = [
        program,
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--save",
        "",
        "--dir",
        str(tmp_path_factory.mktemp("redis")),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        url = f"redis://127.0.0.1:{port}"
        await_redis(url)
        yield url
        process.terminate()


def await_redis(url):
    deadline = time.monotonic() + 10
    with redis.Redis.from_url(url) as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "the server does not come up"
                time.sleep(0.01)
            else:
                return


@pytest.fixture(params=["fake_redis", "real_redis"])
async def engine(request):
    url = request.getfixturevalue(request.param)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
async def routes(engine):
    connected = ConnectionMap(engine)
    yield connected
    await connected.close()


def send(number=1, *, recipients=("bob",), body_hash=HASH, user="alice"):
    return {
        "user": user,
        "device": "phone",
        "client_msg_id": f"{number:012x}",
        "body_hash": body_hash,
        "recipients": list(recipients),
    }


async def seed(routes, *, max_seq=0, epoch=1, prior=None, number=1):
    return await routes.seed(
        CHAT,
        user="alice",
        device="phone",
        client_msg_id=f"{number:012x}",
        max_seq=max_seq,
        epoch=epoch,
        prior=prior,
    )


async def test_a_conversation_without_a_counter_must_be_seeded(routes):
    assert await routes.sequence(CHAT, **send()) == Unseeded()


async def test_a_seeded_counter_goes_on_from_the_store(routes):
    assert await seed(routes, max_seq=41, epoch=3) == (41, 3)
    numbered = await routes.sequence(CHAT, **send())
    assert (numbered.seq, numbered.epoch, numbered.duplicate) == (42, 3, False)


async def test_a_retry_gets_the_same_number(routes):
    await seed(routes)
    first = await routes.sequence(CHAT, **send(1))
    await routes.sequence(CHAT, **send(2))
    again = await routes.sequence(CHAT, **send(1))
    assert (again.seq, again.duplicate, again.changed) == (first.seq, True, False)


async def test_the_same_id_with_another_body_is_noticed_and_takes_no_number(routes):
    await seed(routes)
    await routes.sequence(CHAT, **send(1))
    assert (await routes.sequence(CHAT, **send(1, body_hash="cd" * 32))).changed
    assert (await routes.sequence(CHAT, **send(2))).seq == 2


async def test_the_same_id_of_two_users_is_two_messages(routes):
    await seed(routes)
    mine = await routes.sequence(CHAT, **send(1))
    theirs = await routes.sequence(CHAT, **send(1, user="bob", recipients=["alice"]))
    assert {mine.seq, theirs.seq} == {1, 2}


async def test_concurrent_sends_through_two_servers_are_numbered_without_gap_or_repeat(engine, routes):
    await seed(routes)
    other = ConnectionMap(engine)
    answers = await asyncio.gather(
        *(server.sequence(CHAT, **send(number)) for number in range(100) for server in (routes, other))
    )
    await other.close()
    assert sorted({each.seq for each in answers}) == list(range(1, 101))
    assert sum(not each.duplicate for each in answers) == 100


async def test_two_who_seed_at_once_agree_and_a_counter_never_goes_down(routes):
    await seed(routes, max_seq=5, epoch=2)
    await routes.sequence(CHAT, **send(9))
    assert await seed(routes, max_seq=0, epoch=1) == (6, 2)


async def test_a_flushed_engine_asks_for_a_seed_again(engine, routes):
    await seed(routes)
    await routes.sequence(CHAT, **send())
    with redis.Redis.from_url(engine) as client:
        client.flushdb()
    assert await routes.sequence(CHAT, **send()) == Unseeded()


async def test_one_deleted_counter_asks_for_a_seed_again(engine, routes):
    await seed(routes)
    with redis.Redis.from_url(engine) as client:
        client.delete(f"conv_{{{CHAT}}}_seq")
    assert await routes.sequence(CHAT, **send()) == Unseeded()


async def test_a_message_that_the_store_has_keeps_its_number_after_a_flush(routes):
    await seed(routes, max_seq=8, epoch=2, prior=(7, HASH))
    again = await routes.sequence(CHAT, **send())
    assert (again.seq, again.duplicate, again.changed) == (7, True, False)


async def test_the_same_step_says_where_the_recipients_are(routes):
    await seed(routes)
    route = Route("chat-3", "c1", "phone")
    await routes.register("bob", route, 30)
    assert (await routes.sequence(CHAT, **send(recipients=["bob", "carol"]))).routes == {
        "bob": route,
        "carol": None,
    }


async def test_a_closing_connection_removes_only_its_own_route(routes):
    older, newer = Route("chat-1", "c1", "phone"), Route("chat-2", "c2", "phone")
    assert await routes.register("bob", older, 30) is None
    assert await routes.register("bob", newer, 30) == older
    assert not await routes.remove("bob", "c1")
    assert await routes.lookup(["bob"]) == {"bob": newer}
    assert await routes.remove("bob", "c2")
    assert await routes.lookup(["bob"]) == {"bob": None}


async def test_a_refresh_restores_a_lost_route_and_never_takes_a_newer_one(routes):
    older, newer = Route("chat-1", "c1", "phone"), Route("chat-2", "c2", "phone")
    assert await routes.refresh({"bob": older}, 30) == {"bob": True}
    await routes.register("bob", newer, 30)
    assert await routes.refresh({"bob": older}, 30) == {"bob": False}
    assert await routes.lookup(["bob"]) == {"bob": newer}


async def test_a_route_that_nobody_refreshes_expires(routes):
    await routes.register("bob", Route("chat-1", "c1", "phone"), 0.05)
    async with asyncio.timeout(10):
        while (await routes.lookup(["bob"]))["bob"] is not None:
            pass


async def test_a_prefix_keeps_two_homes_apart(engine, routes):
    other = ConnectionMap(engine, "cw-other:")
    await routes.register("bob", Route("chat-1", "c1", "phone"), 30)
    assert await other.lookup(["bob"]) == {"bob": None}
    await other.close()


async def test_an_engine_that_is_away_is_an_error_and_not_a_wait():
    away = ConnectionMap(f"redis://127.0.0.1:{free_port()}", timeout_s=0.2)
    with pytest.raises(ConnectionMapError):
        await away.ready()
    await away.close()


async def test_a_possible_repetition_that_is_not_remembered_takes_no_number(routes):
    await seed(routes, max_seq=3)
    assert await routes.sequence(CHAT, **send(), only_remembered=True) == Unremembered()
    assert (await routes.sequence(CHAT, **send(2))).seq == 4
    again = await routes.sequence(CHAT, **send(2), only_remembered=True)
    assert (again.seq, again.duplicate) == (4, True)


async def test_a_restored_send_keeps_its_number_in_the_epoch_of_the_counter_that_is_there(routes):
    await seed(routes, max_seq=3, epoch=2)
    assert await seed(routes, max_seq=3, epoch=9, prior=(2, HASH)) == (3, 2)
    again = await routes.sequence(CHAT, **send(), only_remembered=True)
    assert (again.seq, again.epoch, again.duplicate) == (2, 2, True)
    assert (await routes.sequence(CHAT, **send(body_hash="cd" * 32), only_remembered=True)).changed
