"""The log over the Kafka protocol, with aiokafka."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from components.queue import protocol
from components.wire.records import Appended, QueueRecord
from components.wire.traceparent import HEADER, Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.queue.protocol import Consumed
    from components.queue.settings import QueueSettings

APPEND_TIMEOUT_S = 5.0


class QueueError(Exception):
    """The broker did not confirm, or did not answer. Whether a record was appended is unknown."""


class Producer:
    """Appends messages. Make it inside a running event loop."""

    def __init__(self, settings: QueueSettings) -> None:
        self._topic = settings.topic
        self._settings = settings
        self.queue_id = "unknown"
        """Names the log: the broker's cluster id, which a broker that lost its log does not have any more."""
        # acks=all: the ✓ on the sender's phone means that every in-sync replica has the record. linger_ms=0: what
        # arrives while a request is under way is batched anyway.
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.bootstrap, acks="all", linger_ms=0, request_timeout_ms=3000
        )

    async def start(self) -> None:
        """Connect.

        Raises:
            QueueError: If the broker does not answer.
        """
        try:
            await self._producer.start()
            self.queue_id = await _cluster_id(self._settings)
        except (KafkaError, OSError) as exc:
            await self._producer.stop()
            raise QueueError(str(exc)) from exc

    async def append(self, record: QueueRecord, trace: Trace) -> Appended:
        """Append a record and wait until the broker confirms it.

        Raises:
            QueueError: If no confirmation came within 5 s; the record may be on the log all the same.
        """
        try:
            async with asyncio.timeout(APPEND_TIMEOUT_S):
                metadata = await self._producer.send_and_wait(
                    self._topic,
                    key=record.conversation.encode(),
                    value=protocol.encode(record),
                    headers=[(HEADER, trace.header.encode())],
                )
        except (KafkaError, OSError, TimeoutError) as exc:
            raise QueueError(f"{type(exc).__name__}: {exc}") from exc
        return Appended(metadata.topic, metadata.partition, metadata.offset)

    async def stop(self) -> None:
        """Send what is buffered and disconnect."""
        await self._producer.stop()


class _Assigned(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, on_assigned: Callable[[str, list[int]], None], topic: str) -> None:
        self._on_assigned = on_assigned
        self._topic = topic

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        pass

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        self._on_assigned(self._topic, sorted(each.partition for each in assigned))


class Consumer:
    """Reads as one member of the group, and commits by hand: at least once. Make it inside a running event loop."""

    def __init__(self, settings: QueueSettings, on_assigned: Callable[[str, list[int]], None]) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap,
            group_id=settings.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=settings.fetch_max_wait_ms,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.heartbeat_interval_ms,
        )
        self._topic = settings.topic
        self._consumer.subscribe([settings.topic], listener=_Assigned(on_assigned, settings.topic))

    async def start(self) -> None:
        """Connect and join the group.

        Raises:
            QueueError: If the broker does not answer.
        """
        try:
            await self._consumer.start()
        except (KafkaError, OSError) as exc:
            await self._consumer.stop()
            raise QueueError(str(exc)) from exc

    async def poll(self, timeout_s: float, max_records: int) -> list[Consumed]:
        """Give what has arrived, in order within each partition; empty after `timeout_s` without any.

        Raises:
            QueueError: If the broker does not answer.
        """
        try:
            batches = await self._consumer.getmany(timeout_ms=int(timeout_s * 1000), max_records=max_records)
        except (KafkaError, OSError) as exc:
            raise QueueError(f"{type(exc).__name__}: {exc}") from exc
        return [
            protocol.decode(each.topic, each.partition, each.offset, each.value, dict(each.headers))
            for records in batches.values()
            for each in records
        ]

    async def commit(self, consumed: list[Consumed]) -> dict[str, int]:
        """Commit everything up to these records; give the offsets by `topic[partition]`.

        Raises:
            QueueError: If the partitions went to another member meanwhile, who will read the records again.
        """
        offsets: dict[TopicPartition, int] = {}
        for each in consumed:
            key = TopicPartition(each.topic, each.partition)
            offsets[key] = max(offsets.get(key, 0), each.offset + 1)
        try:
            await self._consumer.commit(offsets)
        except (KafkaError, OSError) as exc:
            raise QueueError(f"{type(exc).__name__}: {exc}") from exc
        return {f"{key.topic}[{key.partition}]": offset for key, offset in offsets.items()}

    async def ends(self) -> dict[int, int]:
        """Give the end of each of this member's partitions: the offset that the next record will get.

        Raises:
            QueueError: If the broker does not answer.
        """
        try:
            ends = await self._consumer.end_offsets(list(self._consumer.assignment()))
        except (KafkaError, OSError) as exc:
            raise QueueError(f"{type(exc).__name__}: {exc}") from exc
        return {key.partition: end for key, end in ends.items()}

    async def positions(self) -> dict[int, int]:
        """Give the offset up to which each of this member's partitions was polled."""
        try:
            return {
                each.partition: await self._consumer.position(each) for each in self._consumer.assignment()
            }
        except (KafkaError, OSError) as exc:
            raise QueueError(f"{type(exc).__name__}: {exc}") from exc

    @property
    def partitions(self) -> int:
        """How many partitions the topic has."""
        return len(self._consumer.partitions_for_topic(self._topic) or ())

    async def lag(self) -> int:
        """Count the records of this member's partitions that it has not read yet."""
        assigned = self._consumer.assignment()
        try:
            ends = await self._consumer.end_offsets(list(assigned))
            return sum([end - await self._consumer.position(each) for each, end in ends.items()])
        except (KafkaError, OSError) as exc:
            raise QueueError(f"{type(exc).__name__}: {exc}") from exc

    async def stop(self) -> None:
        """Leave the group and disconnect."""
        await self._consumer.stop()


async def create_topic(settings: QueueSettings, partitions: int = protocol.PARTITIONS) -> None:
    """Create the topic unless it exists.

    Raises:
        QueueError: If the broker does not answer, or refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        answer = await admin.create_topics([NewTopic(settings.topic, partitions, replication_factor=1)])
        refused = [row for row in answer.topic_errors if row[1] not in (0, TopicAlreadyExistsError.errno)]
        if refused:
            raise QueueError(f"the broker refused to create the topic: {refused}")
    except TopicAlreadyExistsError:
        return
    except (KafkaError, OSError) as exc:
        raise QueueError(f"{type(exc).__name__}: {exc}") from exc
    finally:
        await admin.close()


async def _cluster_id(settings: QueueSettings) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()
