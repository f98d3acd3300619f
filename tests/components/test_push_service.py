"""The notification service among fakes: what it journals, remembers and removes."""

import asyncio
import contextlib
import socket

import pytest

from components.internal_http.client import Client, UnreachableError
from components.internal_http.server import serve
from components.push import service as service_module
from components.push.client import PushClient
from components.push.protocol import Answer, Verdict
from components.push.service import PushService
from components.wire.pushes import Attempt, PushToken, Wake
from components.wire.traceparent import Trace

SPEED = 100


class World:
    """The boxes around the service, as fakes."""

    def __init__(self):
        self.tokens = {"bob": [PushToken("bob", "phone", "android", "t1")]}
        self.answers = []  # what the provider will say; TAKEN once there are no more
        self.sent, self.events = [], []
        self.happened = asyncio.Condition()
        self.away = 0
        self.answering = asyncio.Event()
        self.answering.set()
        self.name = "fcm"

    async def push_tokens(self, user):
        if self.away:
            self.away -= 1
            raise UnreachableError("away")
        return self.tokens.get(user, [])

    async def remove_push_token(self, token):
        if self.away:
            self.away -= 1
            raise UnreachableError("away")
        before = sum(map(len, self.tokens.values()))
        self.tokens = {
            user: [each for each in known if each.token != token] for user, known in self.tokens.items()
        }
        return sum(map(len, self.tokens.values())) < before

    async def push(self, push, traceparent):
        self.sent.append((push.token, push.attempt, Trace.parse(traceparent).trace_id))
        await self.answering.wait()
        return self.answers.pop(0) if self.answers else Answer(Verdict.TAKEN, 200)

    def write(self, event, *, trace=None, link=None):
        self.events.append((event, trace, link))
        self.changed = asyncio.ensure_future(self._notify())

    async def _notify(self):
        async with self.happened:
            self.happened.notify_all()

    def kinds(self):
        return [event.kind() for event, _trace, _link in self.events]

    async def saw(self, *kinds):
        """Wait until these have happened, and nothing else."""
        async with asyncio.timeout(5), self.happened:
            await self.happened.wait_for(lambda: len(self.events) >= len(kinds))
        assert self.kinds() == list(kinds)


@contextlib.asynccontextmanager
async def running(world):
    service = PushService(
        "push",
        tokens=world,
        providers={"ios": world, "android": world},
        journal=world,
        secret="secret",
        speed=SPEED,
        unavailable=(UnreachableError,),
    )
    client = Client("secret")
    working = asyncio.create_task(service.run())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        runner = await serve(service.app, listening)
        world.client, world.url, world.service = PushClient(client, url), url, service
        world.log = lambda: client.get(f"{url}/log", list[Attempt])
        try:
            yield world
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await client.close()
            await runner.cleanup()


@pytest.fixture
async def world():
    async with running(World()) as running_world:
        yield running_world


def wake(seq=1, user="bob"):
    return Wake(user, f"alice:{user}", seq, Trace.start().header)


async def test_a_wake_leads_to_a_push_in_the_messages_trace(world):
    asked = wake()
    await world.client.wake("worker-1", [asked])
    await world.saw("push_requested", "push_sent")
    trace_id = Trace.parse(asked.traceparent).trace_id
    assert [trace.trace_id for _event, trace, _link in world.events] == [trace_id] * 2
    assert [link for _event, _trace, link in world.events] == [("worker-1", "push"), ("push", "fcm")]
    assert world.sent == [("t1", 1, trace_id)]


async def test_two_messages_join_and_the_log_counts_them(world):
    await world.client.wake("worker-1", [wake(1), wake(2)])
    await world.saw("push_requested", "push_requested", "push_joined", "push_sent")
    (row,) = await world.log()
    assert (row.user, row.platform, row.outcome, row.status, row.joined) == ("bob", "android", "sent", 200, 1)


async def test_after_a_sync_the_next_message_leads_to_a_push_of_its_own(world):
    await world.client.wake("worker-1", [wake(1)])
    await world.saw("push_requested", "push_sent")
    await world.client.synced("bob", "phone")
    await world.client.wake("worker-1", [wake(2)])
    await world.saw("push_requested", "push_sent", "push_requested", "push_sent")


async def test_a_device_that_syncs_while_the_provider_is_asked_gets_another_push(world):
    world.answering.clear()
    await world.client.wake("worker-1", [wake(1)])
    await world.saw("push_requested")
    await world.client.synced("bob", "phone")
    await world.client.wake("worker-1", [wake(2)])
    world.answering.set()
    await world.saw("push_requested", "push_requested", "push_sent", "push_sent")


async def test_52_a_dead_token_is_removed_and_nothing_goes_to_it_again(world):
    world.answers = [Answer(Verdict.DEAD, 404, "UNREGISTERED")]
    await world.client.wake("worker-1", [wake(1)])
    await world.saw("push_requested", "push_refused", "token_removed")
    await world.client.wake("worker-1", [wake(2)])
    await world.saw("push_requested", "push_refused", "token_removed", "push_requested", "push_impossible")
    assert len(world.sent) == 1


async def test_52_a_dead_token_that_the_directory_could_not_forget_is_removed_later(world):
    world.answers = [Answer(Verdict.DEAD, 404, "UNREGISTERED")]
    world.answering.clear()
    await world.client.wake("worker-1", [wake(1)])
    await world.saw("push_requested")
    world.away = 1
    world.answering.set()
    await world.saw("push_requested", "push_refused", "engine_unavailable")
    await world.client.wake("worker-1", [wake(2)])
    await world.saw("push_requested", "push_refused", "engine_unavailable", "push_requested", "token_removed")
    assert len(world.sent) == 1


async def test_52_what_is_put_off_is_tried_again(world):
    world.answers = [
        Answer(Verdict.LATER, 429, "QUOTA_EXCEEDED", 0.01),
        Answer(Verdict.LATER, None, "no answer"),
    ]
    await world.client.wake("worker-1", [wake()])
    await world.saw("push_requested", "push_refused", "push_refused", "push_sent")
    assert [attempt for _token, attempt, _trace in world.sent] == [1, 2, 3]
    assert [row.outcome for row in await world.log()] == ["put off", "put off", "sent"]


async def test_what_the_provider_will_never_take_is_not_tried_again(world):
    world.answers = [Answer(Verdict.REFUSED, 400, "MissingTopic")]
    await world.client.wake("worker-1", [wake()])
    await world.saw("push_requested", "push_refused")
    (row,) = await world.log()
    assert (row.outcome, row.retry_s) == ("refused", None)


async def test_a_directory_that_is_away_is_asked_until_it_answers(world):
    world.away = 2
    await world.client.wake("worker-1", [wake()])
    await world.saw("push_requested", "engine_unavailable", "engine_unavailable", "push_sent")


async def test_a_user_without_a_token_is_said_to_have_none(world):
    await world.client.wake("worker-1", [wake(user="dan")])
    await world.saw("push_requested", "push_impossible")


async def test_the_log_is_bounded(world, monkeypatch):
    monkeypatch.setattr(service_module, "REMEMBERED", 2)
    async with running(World()) as bounded:
        bounded.answers = [Answer(Verdict.LATER, 429, "", 0.001) for _ in range(3)]
        await bounded.client.wake("worker-1", [wake()])
        await bounded.saw("push_requested", *["push_refused"] * 3, "push_sent")
        assert [row.attempt for row in await bounded.log()] == [3, 4]
    assert await world.log() == []


async def test_more_wakes_than_can_wait_are_put_off(world, monkeypatch):
    monkeypatch.setattr(service_module, "MAX_WAITING", 1)
    with pytest.raises(UnreachableError):
        await world.client.wake("worker-1", [wake(1), wake(2)])
    assert world.kinds() == []
