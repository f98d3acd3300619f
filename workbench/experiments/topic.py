"""The topic of an experiment: made for it, filled with a backlog, deleted after it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from components.queue.adapter import QueueError, create_topic
from workbench.errors import FailedError

if TYPE_CHECKING:
    from components.queue.settings import QueueSettings

BACKLOG_TIMEOUT_S = 20.0
REQUEST_TIMEOUT_MS = 5000

logging.getLogger("aiokafka").addHandler(
    logging.NullHandler()
)  # a user is told in our words, not in the library's


class Topic:
    """One topic; `settings` name it and the broker."""

    def __init__(self, settings: QueueSettings) -> None:
        self._settings = settings

    async def create(self, partitions: int) -> None:
        """Create it.

        Raises:
            FailedError: If the broker does not answer or refuses.
        """
        try:
            await create_topic(self._settings, partitions)
        except QueueError as exc:
            reason = str(exc).partition(":")[0]
            raise FailedError(f"kafka does not create a topic ({reason}): see `workbench status`") from exc

    async def fill(self, partition: int, value: bytes, records: int) -> None:
        """Append the same record many times, and wait until the broker has confirmed all.

        Raises:
            FailedError: If it does not.
        """
        producer = AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap,
            acks="all",
            linger_ms=5,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
        )
        try:
            async with asyncio.timeout(BACKLOG_TIMEOUT_S):
                await producer.start()
                waiting = [
                    await producer.send(self._settings.topic, value, partition=partition)
                    for _ in range(records)
                ]
                await asyncio.gather(*waiting)
        except (KafkaError, OSError, TimeoutError) as exc:
            raise FailedError(
                f"kafka does not take the backlog ({type(exc).__name__}): see `workbench status`"
            ) from exc
        finally:
            await producer.stop()

    async def delete(self) -> bool:
        """Delete it, and say whether the broker did; one that does not answer keeps it."""
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._settings.bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS
        )
        try:
            await admin.start()
            answer = await admin.delete_topics([self._settings.topic])
        except (KafkaError, OSError):
            return False
        finally:
            await admin.close()
        return all(code == 0 for _name, code in answer.topic_error_codes)
