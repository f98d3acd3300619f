"""What goes into the log and how it is read back.

One topic, the conversation as the key: the partitioner then puts all messages of a conversation on one partition,
which one consumer of the group reads in order.
"""

from __future__ import annotations

import msgspec

from components.wire.records import QueueRecord
from components.wire.traceparent import HEADER, Trace

TOPIC = "messages"
PARTITIONS = 4
"""Enough for the workers of one laptop; partitions bound the size of the group, so production starts with more."""

GROUP = "delivery"

_decoder = msgspec.json.Decoder(QueueRecord)


class Consumed(msgspec.Struct, frozen=True):
    """One record as it was read, or the reason why it cannot be understood."""

    topic: str
    partition: int
    offset: int
    record: QueueRecord | None
    trace: Trace | None
    reason: str = ""


def encode(record: QueueRecord) -> bytes:
    """Write a record's value."""
    return msgspec.json.encode(record)


def decode(
    topic: str, partition: int, offset: int, value: bytes | None, headers: dict[str, bytes]
) -> Consumed:
    """Read a record; one that is broken is told apart, never raised: it would block its partition for ever."""
    trace = _trace(headers.get(HEADER, b""))
    try:
        return Consumed(topic, partition, offset, _decoder.decode(value or b""), trace)
    except msgspec.DecodeError as exc:
        return Consumed(topic, partition, offset, None, trace, str(exc))


def _trace(header: bytes) -> Trace | None:
    try:
        return Trace.parse(header.decode()).child()
    except ValueError:
        return None
