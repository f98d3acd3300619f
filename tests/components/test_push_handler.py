"""A phone's end of push: the token of each launch, and what arrives."""

import asyncio
import types

import pytest

from components.device import push_handler
from components.device.fleet import Fleet
from components.device.push_handler import PushHandler
from components.internal_http.client import RejectedError, UnreachableError
from components.wire.pushes import PushArrival, PushToken
from components.wire.traceparent import Trace


class World:
    """A provider, the directory and the journal, as fakes."""

    def __init__(self):
        self.problems, self.kept, self.events, self.gone = [], [], [], []
        self.all_kept = asyncio.Event()

    async def issue(self, user, device):
        if self.problems:
            raise self.problems.pop(0)
        return f"{user}/{device}"

    async def uninstalled(self, user, device):
        if self.problems:
            raise self.problems.pop(0)
        self.gone.append((user, device))

    async def register_push_token(self, token):
        is_new = token not in self.kept
        self.kept.append(token)
        if len(self.kept) == 3:
            self.all_kept.set()
        return is_new

    async def register(self, *_who, **_how):
        return None

    def write(self, event, *, trace=None, link=None):
        self.events.append((event.kind(), trace.trace_id if trace else None, link))

    def handler(self):
        return PushHandler({"ios": self, "android": self}, self, self)


class Handset:
    user = "bob"

    def __init__(self, *, reachable):
        self.network = types.SimpleNamespace(reachable=reachable)
        self.pushes = 0

    async def pushed(self):
        self.pushes += 1


@pytest.fixture
def world():
    return World()


TRACE = Trace.start()
ARRIVAL = PushArrival("android", "wake", TRACE.header)


async def test_a_token_is_registered_and_only_a_new_one_is_an_event(world):
    for _ in range(2):
        await world.handler().enroll("bob", "android")
    assert world.kept == [PushToken("bob", "phone", "android", "bob/phone")] * 2
    assert world.events == [("token_registered", None, None)]


async def test_a_provider_that_is_away_is_asked_again(world, monkeypatch):
    monkeypatch.setattr(push_handler, "RETRY_S", 0.001)
    world.problems = [UnreachableError("away"), UnreachableError("away")]
    await world.handler().enroll("bob", "ios")
    assert world.kept[0].platform == "ios"


async def test_a_phone_that_is_refused_a_token_goes_without(world):
    world.problems = [RejectedError(404, "no such user and device")]
    await world.handler().enroll("bob", "ios")
    assert world.kept == []


@pytest.mark.parametrize("problem", [None, UnreachableError("away")])
async def test_uninstalling_needs_nobody(world, problem):
    world.problems = [problem] if problem else []
    await world.handler().uninstalled("bob", "ios")
    assert world.gone == ([] if problem else [("bob", "phone")])


async def test_a_push_wakes_the_app_in_the_messages_trace(world):
    handset = Handset(reachable=True)
    assert await world.handler().arrived(handset, ARRIVAL)
    assert handset.pushes == 1
    assert world.events == [("push_arrived", TRACE.trace_id, ("fcm", "bob"))]


async def test_a_push_does_not_reach_a_tunnel(world):
    handset = Handset(reachable=False)
    assert not await world.handler().arrived(handset, ARRIVAL)
    assert (handset.pushes, world.events) == (0, [])


async def test_every_phone_of_a_fleet_gets_the_token_of_its_platform(world, tmp_path):
    fleet = Fleet(
        ["alice", "bob", "carol"],
        tmp_path,
        "ws://127.0.0.1:1",
        world,
        world,
        speed=1,
        platforms={"carol": "android"},
        push=world.handler(),
    )
    running = asyncio.create_task(fleet.run())
    async with asyncio.timeout(5):
        await world.all_kept.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await fleet.close()
    assert {each.user: each.platform for each in world.kept} == {
        "alice": "ios",
        "bob": "android",
        "carol": "android",
    }
