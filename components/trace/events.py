"""Every kind of event in the journal: typed facts, never prose.

`step` is the number of the walkthrough's step 3 to which a kind of event belongs, None outside a message's journey.
A body is never in here, only its size and hash: the journal is a log, and logs hold no plaintext.
"""

from __future__ import annotations

import re
from typing import ClassVar

import msgspec

_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


class Event(msgspec.Struct, frozen=True):
    """The base of all events. `kind` is the class's name in snake_case."""

    step: ClassVar[int | None] = None

    @classmethod
    def kind(cls) -> str:
        """Name the kind of event in the journal."""
        return _KINDS[cls]


# The run ------------------------------------------------------------------------------------------------------------


class RunStarted(Event):
    """The first event of a run. `wall_s` is Unix time at this event's `t_ns`, which maps one clock to the other."""

    run: str
    wall_s: float
    speed: float
    seed: int
    version: str


class ComponentStarted(Event):
    """A box came up and listens."""

    name: str
    box: str
    pid: int
    endpoint: str


class ComponentExited(Event):
    """A box's process ended. A negative exit code is the number of the signal that ended it."""

    name: str
    exit_code: int
    expected: bool


class RunStopped(Event):
    """The run ended in order."""

    run: str


# Connecting ---------------------------------------------------------------------------------------------------------


class ConnectDirected(Event):
    """The load balancer sent a phone to the server that the ring names."""

    user: str
    server: str


class ServerHealthChanged(Event):
    """The load balancer's health check changed its mind about a chat server."""

    server: str
    healthy: bool


class ConnectionChanged(Event):
    """A phone's connection manager moved in its state table."""

    user: str
    before: str
    event: str
    after: str


class ReconnectScheduled(Event):
    """A phone waits before it tries again: a random delay within the bound of full jitter. Seconds."""

    user: str
    attempt: int
    delay_s: float
    bound_s: float


class RouteRegistered(Event):
    """A chat server wrote `user -> server` to the connection map. `ttl_s` is in seconds, already sped up."""

    user: str
    server: str
    connection: str
    ttl_s: float
    speed: float


class RouteRemoved(Event):
    """A chat server took a route away. `removed` is False if a newer connection had replaced it: then it stays."""

    user: str
    connection: str
    removed: bool


class ConnectionReplaced(Event):
    """An older connection of a device was closed for a newer login, with its own close code."""

    user: str
    connection: str
    by: str


class ConnectionRefused(Event):
    """A chat server turned a connection away before it had proved who it is."""

    error: str
    detail: str


class FrameRejected(Event):
    """A chat server answered a frame with an error."""

    user: str | None
    error: str
    detail: str
    message_id: str | None = None


# One message, steps 1 to 5 --------------------------------------------------------------------------------------------


class MessageWritten(Event):
    """The sender's phone committed the message to its own database: PENDING."""

    step = 1
    message_id: str
    conversation: str
    user: str
    peer: str
    body_bytes: int
    body_hash: str


class SendTransmitted(Event):
    """The phone wrote the `send` frame to its socket."""

    step = 1
    message_id: str
    user: str
    server: str
    frame_bytes: int
    attempt: int


class SendReceived(Event):
    """The chat server read the `send` frame. Proves the hop phone -> chat server."""

    step = 1
    message_id: str
    user: str


class SequenceAssigned(Event):
    """One Lua call in Redis: idempotency lookup, INCR if the message is new, routes of the recipients."""

    step = 2
    message_id: str
    conversation: str
    seq: int
    epoch: int
    duplicate: bool
    routes: dict[str, str | None]


class CounterSeeded(Event):
    """Redis had no counter for the conversation; it was set from the store, in a new epoch."""

    step = 2
    conversation: str
    seq: int
    epoch: int


class MessageAppended(Event):
    """The broker confirmed the record (acks=all)."""

    step = 3
    message_id: str
    conversation: str
    seq: int
    topic: str
    partition: int
    offset: int


class MessageSent(Event):
    """The sender's phone took the server's ACK and committed it: SENT."""

    step = 3
    message_id: str
    user: str
    seq: int
    epoch: int


class RecordConsumed(Event):
    """A delivery worker read the record from its partition."""

    step = 4
    message_id: str
    conversation: str
    seq: int
    topic: str
    partition: int
    offset: int


class MessageStored(Event):
    """The message store answered: `stored`, or `duplicate` if the row was there, or `conflict`."""

    step = 4
    message_id: str
    conversation: str
    seq: int
    outcome: str


class RouteLookedUp(Event):
    """The route in the record was missing or stale, so the worker asked the connection map again."""

    step = 4
    message_id: str
    user: str
    server: str | None


class MessageHandedOver(Event):
    """The recipient's chat server took the message from a worker and wrote it to the phone's socket."""

    step = 4
    message_id: str
    conversation: str
    seq: int
    user: str
    connection: str


class RecipientOffline(Event):
    """No route: the message is in the store, and the recipient has to fetch it."""

    step = 4
    message_id: str
    seq: int
    user: str


class MessageShown(Event):
    """The recipient's phone committed the message and shows it. `duplicate` if it had it already."""

    step = 4
    message_id: str
    conversation: str
    seq: int
    user: str
    body_hash: str
    duplicate: bool


class ReceiptTaken(Event):
    """The recipient's chat server read the receipt from the phone's socket."""

    step = 5
    conversation: str
    user: str
    status: str
    seq: int


class ReceiptKept(Event):
    """The message store raised the high-water mark, or had it already."""

    step = 5
    conversation: str
    user: str
    status: str
    seq: int
    advanced: bool


class ReceiptHandedOver(Event):
    """The sender's chat server took the receipt and wrote it to the sender's socket."""

    step = 5
    conversation: str
    user: str
    status: str
    seq: int


class ReceiptWaits(Event):
    """The sender of the message is not connected: the receipt is in the store."""

    step = 5
    conversation: str
    user: str
    seq: int


class MessageStatusChanged(Event):
    """The sender's phone committed the receipt: DELIVERED, or READ."""

    step = 5
    message_id: str
    conversation: str
    user: str
    by: str
    seq: int
    status: str


# Behind the scenes ----------------------------------------------------------------------------------------------------


class SendFailed(Event):
    """The phone was told that its send is refused for good."""

    message_id: str
    user: str
    error: str


class PartitionsAssigned(Event):
    """The consumer group gave partitions to a worker."""

    topic: str
    partitions: list[int]


class OffsetsCommitted(Event):
    """A worker committed: everything before these offsets is stored and handed over or waiting for its recipient."""

    offsets: dict[str, int]
    records: int


class RecordSkipped(Event):
    """A record could not be read at all and was passed over."""

    topic: str
    partition: int
    offset: int
    reason: str


class EngineUnavailable(Event):
    """A box tried to reach another and could not; it goes on trying."""

    target: str
    reason: str
    attempt: int


EVENTS: dict[str, type[Event]] = {_CAMEL.sub("_", cls.__name__).lower(): cls for cls in Event.__subclasses__()}
_KINDS = {cls: kind for kind, cls in EVENTS.items()}
