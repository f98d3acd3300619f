"""A notification service that does not answer stops no delivery, and is asked again."""

import asyncio

from components.delivery import waking
from components.delivery.waking import Waker
from components.wire.pushes import Wake
from components.wire.traceparent import Trace


class Away(Exception):  # noqa: N818  a state of a box
    pass


class Notifications:
    def __init__(self, *, away=0, hangs=False):
        self.away, self.hangs = away, hangs
        self.got, self.events = [], []
        self.taken = asyncio.Event()

    async def wake(self, worker, wakes):
        assert worker == "worker-1"
        if self.hangs:
            await asyncio.Event().wait()
        if self.away:
            self.away -= 1
            raise Away("refused")
        self.got.append([each.seq for each in wakes])
        self.taken.set()

    def write(self, event, **_where):
        self.events.append((event.kind(), event.target, event.attempt))

    def waker(self):
        return Waker("worker-1", self, self, (Away,))


def wakes(*seqs):
    return [Wake("bob", "alice:bob", seq, Trace.start().header) for seq in seqs]


async def test_it_asks_at_once():
    box = Notifications()
    await box.waker().request(wakes(1, 2))
    assert (box.got, box.events) == ([[1, 2]], [])


async def test_what_nobody_took_is_asked_again_with_what_came_meanwhile(monkeypatch):
    monkeypatch.setattr(waking, "FIRST_RETRY_S", 0.001)
    box = Notifications(away=3)
    waker = box.waker()
    await waker.request(wakes(1))
    await waker.request(wakes(2))
    async with asyncio.timeout(5):
        await box.taken.wait()
    assert box.got == [[1, 2]]
    assert box.events == [("engine_unavailable", "push", attempt) for attempt in (1, 2, 3)]
    await waker.close()


async def test_a_service_that_hangs_keeps_delivery_for_a_moment_and_only_once(monkeypatch):
    monkeypatch.setattr(waking, "PATIENCE_S", 0.01)
    box = Notifications(hangs=True)
    waker = box.waker()
    async with asyncio.timeout(5):
        await waker.request(wakes(1))
        for seq in range(2, 50):
            await waker.request(wakes(seq))
    assert box.events[0] == ("engine_unavailable", "push", 1)
    await waker.close()


async def test_what_is_owed_is_bounded_and_the_oldest_go(monkeypatch):
    monkeypatch.setattr(waking, "FIRST_RETRY_S", 0.001)
    monkeypatch.setattr(waking, "MAX_OWED", 2)
    box = Notifications(away=1)
    waker = box.waker()
    for seq in (1, 2, 3):
        await waker.request(wakes(seq))
    async with asyncio.timeout(5):
        await box.taken.wait()
    assert box.got == [[2, 3]]
    await waker.close()
