"""What goes on behind a message's journey, and what goes wrong in it."""

from __future__ import annotations

from components.trace.events.base import Event


class SendFailed(Event, frozen=True):
    """The phone was told that its send is refused for good."""

    message_id: str
    user: str
    error: str


class PartitionsAssigned(Event, frozen=True):
    """The consumer group gave partitions to a worker."""

    topic: str
    partitions: list[int]


class OffsetsCommitted(Event, frozen=True):
    """A worker committed: everything before these offsets is stored and handed over or waiting for its recipient."""

    offsets: dict[str, int]
    records: int


class RecordSkipped(Event, frozen=True):
    """A record could not be read at all and was passed over."""

    topic: str
    partition: int
    offset: int
    reason: str


class EngineUnavailable(Event, frozen=True):
    """A box tried to reach another and could not; it goes on trying."""

    target: str
    reason: str
    attempt: int
