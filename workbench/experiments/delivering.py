"""Two real phones, and how long a message takes: pushed to the screen, and by the poll that fetches it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from components.device.phone import Phone
from components.device.protocol import Status
from components.wire.names import conversation_of
from components.wire.traceparent import Trace
from workbench.errors import FailedError, TimedOutError
from workbench.experiments.costs import Delivery

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from components.device.database import Database
    from components.trace.journal import Journal
    from workbench.cluster.plan import Plan
    from workbench.experiments.poller import Poller

TIMEOUT_S = 10.0


@asynccontextmanager
async def online(
    plan: Plan, databases: Mapping[str, Database], journal: Journal
) -> AsyncIterator[list[Phone]]:
    """Run a phone for each user, and give them once all are online.

    Raises:
        TimedOutError: If one is not within 10 s.
    """
    balancer, speed = plan.one("load_balancer").endpoint, plan.options.speed
    phones = [Phone(user, database, balancer, journal, speed=speed) for user, database in databases.items()]
    tasks = [asyncio.create_task(phone.run()) for phone in phones]
    try:
        with _patience("the phones of the experiment are not online"):
            async with asyncio.timeout(TIMEOUT_S):
                for phone in phones:
                    await phone.online()
        yield phones
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def deliver(sender: Phone, recipient: Phone, text: str, poller: Poller) -> Delivery:
    """Send one message, time its push, and then time the poll that fetches it.

    Raises:
        TimedOutError: If it is not on the screen, or not ticked, within 10 s.
        FailedError: If the poll brings anything else.
    """
    conversation = conversation_of(sender.user, recipient.user)

    def arrived() -> list[Any]:
        return [row for row in recipient.messages(conversation) if row.message_id == message_id]

    def ticked() -> bool:
        row = sender.message(message_id)
        return row is not None and row.status is Status.DELIVERED

    began = time.monotonic_ns()
    message_id = (await sender.send(recipient.user, text, Trace.start())).message_id
    await _until(recipient, arrived)
    push_ms = (time.monotonic_ns() - began) / 1e6
    await _until(sender, ticked)
    seq = arrived()[0].seq
    began = time.monotonic_ns()
    page = await asyncio.to_thread(poller.poll, seq - 1)
    poll_ms = (time.monotonic_ns() - began) / 1e6
    if [row.message_id for row in page] != [message_id]:
        raise FailedError(f"the store's page after {seq - 1} is not the message that was pushed")
    return Delivery(message_id, seq, push_ms, poll_ms)


async def _until(phone: Phone, question: Any) -> None:
    with _patience("a message of the experiment did not arrive"):
        async with asyncio.timeout(TIMEOUT_S), phone.changed:
            await phone.changed.wait_for(question)


@contextmanager
def _patience(problem: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise TimedOutError(f"{problem} within {TIMEOUT_S:g} s: see `workbench status`") from None
