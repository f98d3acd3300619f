"""The boxes of the ordering experiment: a program that is one sending server or one consumer, each its own process.

The first line on standard input says which box to be; one line on standard output says that it is ready. It ends
when its standard input does, so it cannot outlive the command that started it, however that ends.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from components.internal_http import server
from components.internal_http.client import Client, RejectedError, UnreachableError
from components.trace.events import OrderingAppended, OrderingConsumed, OrderingNumbered
from components.trace.journal import Journal
from workbench.cluster.plan import HOST
from workbench.experiments.orders import Taken

if TYPE_CHECKING:
    from collections.abc import Callable

COUNTER_TTL_S = 3600
"""The counter goes by itself after that time, in seconds, if the command is killed before it can delete it."""

APPEND_TIMEOUT_S = 5.0
UNAVAILABLE = (RedisError, KafkaError, UnreachableError, RejectedError, OSError)
"""Errors of boxes that do not answer: the log then holds a line, not a traceback."""


class Write(msgspec.Struct, frozen=True):
    """The phone hands a message to a server: the `message`-th that the person wrote."""

    message: int
    text: str


class Record(msgspec.Struct, frozen=True):
    """The value of a Kafka record. `message` is 0 for a record of another conversation, which is only in the way."""

    message: int = 0
    text: str = ""
    clock_s: float = 0.0
    seq: int = 0


class Delivered(msgspec.Struct, frozen=True):
    """A consumer pushes a record to the phone; `before` others of its partition it has pushed already."""

    consumer: str
    partition: int
    before: int
    record: Record


class Box(msgspec.Struct, frozen=True):
    """What both kinds of box are told. `fetch_max_wait_ms` suits the broker (components/queue/settings.py)."""

    name: str
    experiment: str
    journal: str
    secret: str
    bootstrap: str
    topic: str


class SendingServer(Box, frozen=True, tag="server"):
    """A server: its clock is `skew_s` seconds off, its numbers come from `counter` in the Redis at `redis`."""

    redis: str
    counter: str
    partitions: int
    skew_s: float


class PartitionConsumer(Box, frozen=True, tag="consumer"):
    """A consumer of one partition, which pushes what it reads to `phone`, a URL."""

    partition: int
    phone: str
    fetch_max_wait_ms: int


class Ready(msgspec.Struct, frozen=True):
    """The box serves; a server at this port."""

    port: int = 0


def skewed(skew_s: float) -> Callable[[], float]:
    """Make a wall clock (Unix time in seconds) that is so many seconds off."""
    return lambda: time.time() + skew_s


async def serve(told: SendingServer, clock: Callable[[], float]) -> None:
    """Stamp, number and append what the phone hands over, until cancelled."""
    journal = Journal(Path(told.journal), told.name)
    redis = Redis.from_url(told.redis, socket_timeout=2, socket_connect_timeout=2)
    producer = AIOKafkaProducer(bootstrap_servers=told.bootstrap, acks="all", request_timeout_ms=3000)
    taken = 0

    async def take(request: web.Request) -> web.Response:
        nonlocal taken
        write = await server.body_of(request, Write)
        clock_s = clock()
        try:
            seq = int(await redis.incr(told.counter))
            if seq == 1:
                await redis.expire(told.counter, COUNTER_TTL_S)
        except RedisError as exc:
            raise web.HTTPServiceUnavailable(text=f"redis: {exc}") from exc
        numbered = OrderingNumbered(told.experiment, write.message, told.name, clock_s, seq)
        journal.write(numbered, link=(told.name, "redis"))
        # No key, so the producer deals its records out to the partitions in turn.
        partition, taken = taken % told.partitions, taken + 1
        record = Record(write.message, write.text, clock_s, seq)
        try:
            async with asyncio.timeout(APPEND_TIMEOUT_S):
                put = await producer.send_and_wait(
                    told.topic, msgspec.json.encode(record), partition=partition
                )
        except (KafkaError, TimeoutError) as exc:
            raise web.HTTPServiceUnavailable(text=f"kafka: {exc}") from exc
        appended = OrderingAppended(
            told.experiment, write.message, seq, told.topic, put.partition, put.offset
        )
        journal.write(appended, link=(told.name, "kafka"))
        return server.reply(Taken(write.message, told.name, clock_s, seq, put.partition, put.offset))

    app = server.application(told.secret)
    app.add_routes([web.post("/messages", take)])
    listening = socket.create_server((HOST, 0))
    runner = await server.serve(app, listening)
    try:
        await producer.start()
        # Connected before the first message, as a server that has been up for a while is.
        await producer.partitions_for(told.topic)
        await redis.ping()
        say(Ready(listening.getsockname()[1]))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
        await producer.stop()
        await redis.aclose()


async def consume(told: PartitionConsumer) -> None:
    """Push the records of one partition to the phone, one after the other, until cancelled."""
    journal = Journal(Path(told.journal), told.name)
    client = Client(told.secret)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=told.bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=told.fetch_max_wait_ms,
    )
    consumer.assign([TopicPartition(told.topic, told.partition)])
    before = 0
    try:
        await consumer.start()
        say(Ready())
        async for row in consumer:
            record = msgspec.json.decode(row.value, type=Record)
            if record.message:
                consumed = OrderingConsumed(
                    told.experiment, record.message, row.partition, row.offset, before
                )
                journal.write(consumed, link=("kafka", told.name))
            # The phone answers before the next one goes out: with a backlog in front, this is what takes the time.
            await client.post(told.phone, Delivered(told.name, row.partition, before, record), bool)
            before += 1
    finally:
        await consumer.stop()
        await client.close()


def say(ready: Ready) -> None:
    """Tell the command."""
    sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
    sys.stdout.flush()


async def _until_input_ends(box: SendingServer | PartitionConsumer, reader: asyncio.StreamReader) -> None:
    work = serve(box, skewed(box.skew_s)) if isinstance(box, SendingServer) else consume(box)
    working, left = asyncio.ensure_future(work), asyncio.ensure_future(reader.read())
    await asyncio.wait((working, left), return_when=asyncio.FIRST_COMPLETED)
    for task in (working, left):
        task.cancel()
    ended = await asyncio.gather(working, left, return_exceptions=True)
    if isinstance(ended[0], UNAVAILABLE):
        sys.exit(f"{box.name}: {type(ended[0]).__name__}: {ended[0]}")
    if isinstance(ended[0], Exception):
        raise ended[0]


async def _run() -> None:
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    box: SendingServer | PartitionConsumer = msgspec.json.decode(
        await reader.readline(), type=SendingServer | PartitionConsumer
    )
    await _until_input_ends(box, reader)


if __name__ == "__main__":
    asyncio.run(_run())
