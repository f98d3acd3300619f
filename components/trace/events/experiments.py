"""Experiments on the running cluster: what was done, and what was observed.

`experiment` names one run of one, so that two at a time can be told apart. `message` is the place in which the person
wrote a message, from 1: the truth that the three orders are compared with.
"""

from __future__ import annotations

from components.trace.events.base import Event


class OrderingStarted(Event, frozen=True):
    """The topic of the experiment exists, and the boxes around it are up."""

    experiment: str
    topic: str
    partitions: int
    backlog: int
    skew_s: float


class BacklogAppended(Event, frozen=True):
    """The broker confirmed older records of another conversation on one partition, for its consumer to do first."""

    experiment: str
    topic: str
    partition: int
    records: int


class OrderingNumbered(Event, frozen=True):
    """A server read its own clock (Unix time, seconds) and took the next number with INCR."""

    experiment: str
    message: int
    server: str
    clock_s: float
    seq: int


class OrderingAppended(Event, frozen=True):
    """The broker confirmed the message's record, on the partition whose turn it was."""

    experiment: str
    message: int
    seq: int
    topic: str
    partition: int
    offset: int


class OrderingConsumed(Event, frozen=True):
    """A consumer came to the message; `before` records of its partition it had to hand over first."""

    experiment: str
    message: int
    partition: int
    offset: int
    before: int


class OrderingArrived(Event, frozen=True):
    """The receiving phone read the message from its socket, as the `place`-th of the conversation."""

    experiment: str
    message: int
    seq: int
    clock_s: float
    place: int
    before: int


class OrderJudged(Event, frozen=True):
    """The messages in the order that one rule gives, and whether that is the order in which they were written."""

    experiment: str
    rule: str
    order: list[int]
    right: bool


class OrderingCleaned(Event, frozen=True):
    """What the experiment had made on the engines was deleted, or could not be."""

    experiment: str
    topic_deleted: bool
    counter_deleted: bool


class PollingStarted(Event, frozen=True):
    """Two clients spend the same stretch of protocol time without news, each in its own way. Minutes and seconds."""

    experiment: str
    minutes: float
    interval_s: float
    heartbeat_s: float


class PollsMeasured(Event, frozen=True):
    """A client asked whether there is anything new, over one connection; bytes and sends counted at its socket."""

    experiment: str
    requests: int
    sends: int
    sent_bytes: int
    received_bytes: int
    took_ms: float


class HeartbeatsMeasured(Event, frozen=True):
    """A logged-in client sent heartbeats and had each answered; bytes and sends counted at its socket."""

    experiment: str
    server: str
    heartbeats: int
    sends: int
    sent_bytes: int
    received_bytes: int
    took_ms: float


class DeliveryTimed(Event, frozen=True):
    """One message: from the tap until it was pushed and on the screen, and how long a poll that fetches it takes."""

    experiment: str
    message_id: str
    seq: int
    push_ms: float
    poll_ms: float
