"""The worker's loop: read a batch, store it, hand it over, commit.

At least once: a worker killed anywhere in the loop leaves its offsets where they were, and the next member of the
group does the batch again. The store and the phones tell a copy by (conversation, seq).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from components.delivery.protocol import Delivery, by_server, deliveries, push_of
from components.delivery.waking import Waker
from components.trace.events import (
    EngineUnavailable,
    MessageStored,
    OffsetsCommitted,
    RecipientOffline,
    RecordConsumed,
    RecordSkipped,
    RouteLookedUp,
)
from components.wire.pushes import Wake
from components.wire.records import Handover, QueueRecord, Route
from components.wire.traceparent import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.delivery.ports import ChatServers, Consumed, Notifications, Routes, Store
    from components.trace.journal import Journal

FIRST_RETRY_S = 0.05
LAST_RETRY_S = 2.0


class Worker:
    """Delivers batches. `unavailable` are the errors of boxes that do not answer; those are retried, in place."""

    def __init__(  # noqa: PLR0913  the boxes it talks to
        self,
        name: str,
        *,
        store: Store,
        routes: Routes,
        servers: ChatServers,
        notifications: Notifications,
        journal: Journal,
        unavailable: tuple[type[Exception], ...],
    ) -> None:
        self._name = name
        self._store = store
        self._routes = routes
        self._servers = servers
        self._waker = Waker(name, notifications, journal, unavailable)
        self._journal = journal
        self._unavailable = unavailable

    async def deliver(self, batch: Sequence[Consumed]) -> None:
        """Store a batch and hand it over. Returns only when the store has it, however long that takes."""
        readable = [
            (each.record, each.trace or Trace.start()) for each in batch if self._read(each) and each.record
        ]
        if not readable:
            return
        kept = await self._persist(readable)
        await self._hand_over([each for record, trace in kept for each in deliveries(record, trace)])

    async def close(self) -> None:
        """End what goes on in the background."""
        await self._waker.close()

    def committed(self, offsets: dict[str, int], records: int) -> None:
        """Note a commit."""
        self._journal.write(OffsetsCommitted(offsets, records), link=(self._name, "kafka"))

    def _read(self, each: Consumed) -> bool:
        record = each.record
        if record is None:
            self._journal.write(RecordSkipped(each.topic, each.partition, each.offset, each.reason))
            return False
        self._journal.write(
            RecordConsumed(
                record.message_id, record.conversation, record.seq, each.topic, each.partition, each.offset
            ),
            trace=each.trace,
            link=("kafka", self._name),
        )
        return True

    async def _persist(self, batch: list[tuple[QueueRecord, Trace]]) -> list[tuple[QueueRecord, Trace]]:
        """Store a batch and give what the store has of it: a phone must not show what the store refused."""
        attempt = 0
        while True:
            try:
                outcomes = await self._store.insert(
                    [record for record, _ in batch], [trace.header for _, trace in batch]
                )
                break
            except self._unavailable as exc:
                attempt += 1
                self._journal.write(EngineUnavailable("store", str(exc), attempt))
                await asyncio.sleep(min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempt, 6)))
        for (record, trace), outcome in zip(batch, outcomes, strict=True):
            self._journal.write(
                MessageStored(record.message_id, record.conversation, record.seq, outcome),
                trace=trace,
                link=(self._name, "store"),
            )
        return [
            each for each, outcome in zip(batch, outcomes, strict=True) if outcome in ("stored", "duplicate")
        ]

    async def _hand_over(self, batch: list[Delivery]) -> None:
        missed = [delivery for delivery in batch if delivery.route is None]
        groups = by_server(batch)
        for left in await asyncio.gather(*(self._push(server, group) for server, group in groups.items())):
            missed += left
        if missed:
            await self._look_up_and_push(missed)

    async def _push(self, server: str, group: list[Delivery]) -> list[Delivery]:
        pushes = [push_of(each, each.route.connection) for each in group if each.route]
        pushed = await self._servers.hand_over(server, Handover(self._name, pushes))
        if pushed is None:
            return group
        return [each for each, taken in zip(group, pushed, strict=True) if not taken]

    async def _look_up_and_push(self, missed: list[Delivery]) -> None:
        # The route was taken in step 2, before the log; the phone may have moved since. One second look, then the
        # message waits in the store.
        users = list({each.user for each in missed})
        found: dict[str, Route | None]
        try:
            found = await self._routes.lookup(users)
        except self._unavailable as exc:
            self._journal.write(EngineUnavailable("redis", str(exc), 1))
            found = dict.fromkeys(users)
        again = [Delivery(each.record, each.trace, each.user, found[each.user]) for each in missed]
        for each in again:
            self._journal.write(
                RouteLookedUp(each.record.message_id, each.user, each.route.server if each.route else None),
                trace=each.trace,
                link=(self._name, "redis"),
            )
        left = [each for each in again if each.route is None]
        for group in await asyncio.gather(
            *(self._push(name, part) for name, part in by_server(again).items())
        ):
            left += group
        for each in left:
            self._journal.write(
                RecipientOffline(each.record.message_id, each.record.seq, each.user), trace=each.trace
            )
        if left:
            await self._waker.request(
                [
                    Wake(each.user, each.record.conversation, each.record.seq, each.trace.header)
                    for each in left
                ]
            )
