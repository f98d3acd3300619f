import msgspec

from components.delivery.protocol import by_server, deliveries
from components.delivery.service import Worker
from components.queue import protocol as queue
from components.wire.records import QueueRecord, Route
from components.wire.traceparent import Trace

ON_3 = Route("chat-3", "c3", "phone")


class Away(Exception):  # noqa: N818  a state of a box
    pass


def record(seq=1, routes=None):
    return QueueRecord(
        message_id=f"{seq:012x}",
        conversation="alice:bob",
        seq=seq,
        epoch=1,
        sender="alice",
        device="phone",
        scheme="plain",
        body=b"Hey",
        body_hash="ab",
        accepted_ms=0,
        routes={"bob": ON_3} if routes is None else routes,
    )


def consumed(each, offset=0):
    return queue.decode(
        "messages", 0, offset, queue.encode(each), {"traceparent": Trace.start().header.encode()}
    )


class World:
    """The boxes around a worker, as fakes that write down what happens in which order."""

    def __init__(self, *, away=0, here=("c3",), routes=None, conflicts=()):
        self.happened, self.events, self.wakes = [], [], []
        self._conflicts = conflicts
        self._away, self._here, self._routes = away, here, routes or {}

    async def insert(self, messages, _traceparents):
        if self._away:
            self._away -= 1
            raise Away
        self.happened.append(("stored", [each.seq for each in messages]))
        return ["conflict" if each.seq in self._conflicts else "stored" for each in messages]

    async def lookup(self, users):
        self.happened.append(("looked up", users))
        return {user: self._routes.get(user) for user in users}

    async def hand_over(self, server, handover):
        self.happened.append(("pushed", server, [push.frame.seq for push in handover.pushes]))
        return [push.connection in self._here for push in handover.pushes]

    def write(self, event, **_where):
        self.events.append(event.kind())

    async def wake(self, _worker, wakes):
        self.wakes += [(each.user, each.seq) for each in wakes]

    def worker(self):
        return Worker(
            "worker-1",
            store=self,
            routes=self,
            servers=self,
            notifications=self,
            journal=self,
            unavailable=(Away,),
        )


def test_deliveries_are_grouped_by_server_in_their_order():
    on_1 = Route("chat-1", "c1", "phone")
    batch = [
        each
        for seq in (1, 2)
        for each in deliveries(record(seq, {"bob": ON_3, "carol": on_1, "dan": None}), Trace.start())
    ]
    groups = by_server(batch)
    assert {name: [(each.user, each.record.seq) for each in group] for name, group in groups.items()} == {
        "chat-3": [("bob", 1), ("bob", 2)],
        "chat-1": [("carol", 1), ("carol", 2)],
    }


async def test_a_batch_is_stored_before_it_is_pushed():
    world = World()
    await world.worker().deliver([consumed(record(1)), consumed(record(2))])
    assert world.happened == [("stored", [1, 2]), ("pushed", "chat-3", [1, 2])]


async def test_a_store_that_is_away_is_tried_until_it_is_back_and_nothing_is_pushed_before():
    world = World(away=1)
    await world.worker().deliver([consumed(record())])
    assert world.happened == [("stored", [1]), ("pushed", "chat-3", [1])]
    assert "engine_unavailable" in world.events


async def test_what_the_store_refused_is_shown_to_nobody():
    world = World(conflicts=(1,))
    await world.worker().deliver([consumed(record(1)), consumed(record(2))])
    assert ("pushed", "chat-3", [2]) in world.happened
    assert ("pushed", "chat-3", [1, 2]) not in world.happened


async def test_a_stale_route_is_looked_up_once_more():
    moved = Route("chat-2", "c2", "phone")
    world = World(here=("c2",), routes={"bob": moved})
    await world.worker().deliver([consumed(record())])
    assert world.happened[1:] == [
        ("pushed", "chat-3", [1]),
        ("looked up", ["bob"]),
        ("pushed", "chat-2", [1]),
    ]
    assert "recipient_offline" not in world.events


async def test_a_recipient_who_is_nowhere_is_noted_as_offline():
    world = World(here=())
    await world.worker().deliver([consumed(record(routes={"bob": None}))])
    assert world.happened == [("stored", [1]), ("looked up", ["bob"])]
    assert "recipient_offline" in world.events


async def test_a_record_that_cannot_be_read_is_skipped_and_blocks_nobody():
    world = World()
    broken = queue.decode("messages", 0, 0, b"{", {})
    await world.worker().deliver([broken, consumed(record(2), 1)])
    assert world.events[0] == "record_skipped"
    assert ("stored", [2]) in world.happened


def test_a_record_survives_the_log():
    read = consumed(record())
    assert read.record == record()
    assert msgspec.structs.asdict(read)["reason"] == ""
