"""Drives a worker from its consumer: poll, deliver, commit; and drains before it leaves."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.delivery.progress import Progress
    from components.delivery.service import Worker

POLL_S = 0.2
BATCH = 500
RETRY_S = 0.2


class Records(Protocol):
    """The consumer."""

    async def poll(self, timeout_s: float, max_records: int) -> Sequence[object]: ...  # noqa: D102
    async def commit(self, consumed: Sequence[object]) -> dict[str, int]: ...  # noqa: D102
    async def lag(self) -> int: ...  # noqa: D102


async def consume(  # noqa: PLR0913  the worker, what it reads, and when it ends
    worker: Worker,
    records: Records,
    progress: Progress,
    stop: asyncio.Event,
    *,
    unavailable: tuple[type[Exception], ...],
    drain_s: float,
) -> None:
    """Deliver until `stop`; then go on until nothing is left, for at most `drain_s` seconds."""
    while not stop.is_set():
        await _turn(worker, records, POLL_S, unavailable)
        with suppress(*unavailable):
            await progress.turned()
    given_up: tuple[type[Exception], ...] = (TimeoutError, *unavailable)
    try:
        async with asyncio.timeout(drain_s):
            while await records.lag():
                await _turn(worker, records, 0.05, unavailable)
    except given_up:
        return


async def _turn(
    worker: Worker, records: Records, timeout_s: float, unavailable: tuple[type[Exception], ...]
) -> None:
    try:
        batch = await records.poll(timeout_s, BATCH)
        if batch:
            await worker.deliver(batch)  # type: ignore[arg-type]  # Consumed, as the queue's adapter makes them
            worker.committed(await records.commit(batch), len(batch))
    except unavailable:
        # Somebody else may own the partitions now and read the batch again; the store tells the copies.
        await asyncio.sleep(RETRY_S)
