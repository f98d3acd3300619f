"""The ordering experiment: two servers, two consumers, one phone, and three ways to order what arrives.

Four processes besides this one, which holds the two phones: the one that sends hands each message to the next server
and waits for its answer, as a phone has one message of a conversation under way at a time; the one that receives is
an HTTP endpoint on loopback that the consumers push to.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from components.internal_http import server
from components.internal_http.client import Client, RejectedError, UnreachableError
from components.trace.events import (
    BacklogAppended,
    OrderingArrived,
    OrderingCleaned,
    OrderingStarted,
    OrderJudged,
)
from components.trace.journal import Journal
from workbench.cluster.nodes import queue_settings, redis_prefix
from workbench.cluster.paths import Paths
from workbench.cluster.plan import HOST
from workbench.errors import FailedError, TimedOutError
from workbench.experiments.boxes import running
from workbench.experiments.ordering_boxes import Delivered, PartitionConsumer, Record, SendingServer, Write
from workbench.experiments.orders import Arrival, Taken, is_right, ordered
from workbench.experiments.topic import Topic

if TYPE_CHECKING:
    from workbench.cluster.plan import Plan

TEXTS = ("Hey", "Are you there?", "Just checking in", "Call me")
SERVERS = ("server-1", "server-2")
PARTITIONS = 2
BUSY = 0
"""The partition that gets the backlog."""

ARRIVAL_TIMEOUT_S = 60.0


class Observed(msgspec.Struct, frozen=True):
    """What one run of the experiment showed."""

    experiment: str
    skew_s: float
    backlog: int
    taken: list[Taken]
    arrivals: list[Arrival]


class Receiver:
    """The receiving phone: notes what comes, in the order in which it comes."""

    def __init__(self, experiment: str, secret: str, journal: Journal) -> None:
        self._experiment = experiment
        self._journal = journal
        self._began_ns = time.monotonic_ns()
        self.arrivals: list[Arrival] = []
        self.complete = asyncio.Event()
        self.app = server.application(secret)
        self.app.add_routes([web.post("/deliver", self._deliver)])

    def begin(self) -> None:
        """Count the time from now."""
        self._began_ns = time.monotonic_ns()

    async def _deliver(self, request: web.Request) -> web.Response:
        came = await server.body_of(request, Delivered)
        if came.record.message:
            self._take(came)
        return server.reply(body=True)

    def _take(self, came: Delivered) -> None:
        record = came.record
        ms = (time.monotonic_ns() - self._began_ns) / 1e6
        arrival = Arrival(record.message, record.clock_s, record.seq, came.partition, came.before, ms)
        self.arrivals.append(arrival)
        self._journal.write(
            OrderingArrived(
                self._experiment,
                arrival.message,
                arrival.seq,
                arrival.clock_s,
                len(self.arrivals),
                arrival.before,
            ),
            link=(came.consumer, "phone"),
        )
        if len(self.arrivals) == len(TEXTS):
            self.complete.set()


class Ordering:
    """One run of the experiment on a running cluster."""

    def __init__(self, plan: Plan, skew_s: float, backlog: int) -> None:
        self._plan = plan
        self._skew_s = skew_s
        self._backlog = backlog
        self.name = f"ordering-{secrets.token_hex(3)}"
        paths = Paths(Path(plan.options.home))
        self._log = paths.logs(plan.run) / "experiment.log"
        self._journal_path = paths.journal(plan.run)
        settings = queue_settings(plan)
        self._settings = msgspec.structs.replace(settings, topic=f"{settings.topic}-{plan.run}-{self.name}")
        self._counter = f"{redis_prefix(plan)}experiment_{{{plan.run}-{self.name}}}_seq"

    async def run(self) -> Observed:
        """Do it, and delete what it made on the engines, also after a failure.

        Raises:
            FailedError: If an engine or a box of the experiment does not answer.
            TimedOutError: If a message does not arrive within a minute.
        """
        journal = Journal(self._journal_path, "experiment")
        topic = Topic(self._settings)
        try:
            await topic.create(PARTITIONS)
            return await self._observe(topic, journal)
        finally:
            cleaned = OrderingCleaned(self.name, await topic.delete(), await self._forget_counter())
            journal.write(cleaned)
            journal.close()

    async def _observe(self, topic: Topic, journal: Journal) -> Observed:
        receiver = Receiver(self.name, self._plan.secret, journal)
        listening = socket.create_server((HOST, 0))
        runner = await server.serve(receiver.app, listening)
        client = Client(self._plan.secret)
        boxes = self._boxes(f"http://{HOST}:{listening.getsockname()[1]}/deliver")
        try:
            async with running(boxes, self._log) as ready:
                journal.write(
                    OrderingStarted(self.name, self._settings.topic, PARTITIONS, self._backlog, self._skew_s)
                )
                if self._backlog:
                    await topic.fill(BUSY, msgspec.json.encode(Record()), self._backlog)
                    journal.write(
                        BacklogAppended(self.name, self._settings.topic, BUSY, self._backlog),
                        link=("experiment", "kafka"),
                    )
                receiver.begin()
                taken = await _send(
                    client, [f"http://{HOST}:{each.port}/messages" for each in ready[: len(SERVERS)]]
                )
                await _await(receiver)
        finally:
            await client.close()
            await runner.cleanup()
        for rule, rows in ordered(receiver.arrivals).items():
            order = [row.message for row in rows]
            journal.write(OrderJudged(self.name, rule, order, is_right(rows)))
        return Observed(self.name, self._skew_s, self._backlog, taken, receiver.arrivals)

    def _boxes(self, phone: str) -> list[SendingServer | PartitionConsumer]:
        common: dict[str, Any] = {
            "experiment": self.name,
            "journal": str(self._journal_path),
            "secret": self._plan.secret,
            "bootstrap": self._settings.bootstrap,
            "topic": self._settings.topic,
        }
        servers = [
            SendingServer(
                name=name,
                redis=self._plan.one("redis").endpoint,
                counter=self._counter,
                partitions=PARTITIONS,
                skew_s=skew_s,
                **common,
            )
            for name, skew_s in zip(SERVERS, (0.0, self._skew_s), strict=True)
        ]
        wait_ms = self._settings.fetch_max_wait_ms
        consumers = [
            PartitionConsumer(
                name=f"consumer-{number}",
                partition=number,
                phone=phone,
                fetch_max_wait_ms=wait_ms,
                **common,
            )
            for number in range(PARTITIONS)
        ]
        return [*servers, *consumers]

    async def _forget_counter(self) -> bool:
        from redis.asyncio import Redis  # noqa: PLC0415  slow to import
        from redis.exceptions import RedisError  # noqa: PLC0415

        redis = Redis.from_url(self._plan.one("redis").endpoint, socket_timeout=2, socket_connect_timeout=2)
        try:
            await redis.delete(self._counter)
        except RedisError:
            return False
        finally:
            await redis.aclose()
        return True


async def _send(client: Client, servers: list[str]) -> list[Taken]:
    """Write the messages, each to the next server in turn, each after the one before was taken."""
    try:
        return [
            await client.post(servers[index % len(servers)], Write(index + 1, text), Taken)
            for index, text in enumerate(TEXTS)
        ]
    except (UnreachableError, RejectedError) as exc:
        raise FailedError(
            "a server of the experiment could not number or append a message: see `workbench status` and"
            " `workbench logs experiment`"
        ) from exc


async def _await(receiver: Receiver) -> None:
    try:
        async with asyncio.timeout(ARRIVAL_TIMEOUT_S):
            await receiver.complete.wait()
    except TimeoutError:
        raise TimedOutError(
            f"{len(receiver.arrivals)} of {len(TEXTS)} messages arrived within {ARRIVAL_TIMEOUT_S:g} s: see"
            " `workbench logs experiment`"
        ) from None
