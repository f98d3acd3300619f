"""Which frames go to which chat server: the fan-out, as a pure function."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from components.wire.frames import Message
from components.wire.records import Push, QueueRecord, Route
from components.wire.traceparent import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable


class Delivery(msgspec.Struct, frozen=True):
    """One message for one recipient, and the route that is known for it."""

    record: QueueRecord
    trace: Trace
    user: str
    route: Route | None


def deliveries(record: QueueRecord, trace: Trace) -> list[Delivery]:
    """Expand a record into one delivery a recipient, with the routes that were found in step 2."""
    return [Delivery(record, trace, user, route) for user, route in record.routes.items()]


def by_server(batch: Iterable[Delivery]) -> dict[str, list[Delivery]]:
    """Group deliveries by the server that holds the recipient, keeping their order: one hand-over a server."""
    groups: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in batch:
        if delivery.route is not None:
            groups[delivery.route.server].append(delivery)
    return dict(groups)


def push_of(delivery: Delivery, connection: str) -> Push:
    """Make the frame for a recipient's phone."""
    record = delivery.record
    frame = Message(
        message_id=record.message_id,
        conversation=record.conversation,
        seq=record.seq,
        epoch=record.epoch,
        sender=record.sender,
        scheme=record.scheme,
        body=record.body,
        traceparent=delivery.trace.header,
    )
    return Push(connection, delivery.user, frame)
