"""What servers say to each other: the Kafka record, and the bodies of requests on the private network."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from components.wire.frames import Message, Receipt, ReceiptStatus, Scheme
from components.wire.names import Body, Conversation, Device, MessageId, Seq, User


class Route(msgspec.Struct, frozen=True):
    """Where a device's socket is: a row of the connection map."""

    server: str
    connection: str
    device: Device


class QueueRecord(msgspec.Struct, frozen=True):
    """The value of a Kafka record; the key is the conversation, so that one partition holds one conversation.

    `routes` is what the connection map said in step 2, one entry a recipient. It may be stale by the time a worker
    reads it; the worker then asks again.
    """

    message_id: MessageId
    conversation: Conversation
    seq: Seq
    epoch: int
    sender: User
    device: Device
    scheme: Scheme
    body: Body
    body_hash: str
    accepted_ms: int
    routes: dict[User, Route | None]


class Sequenced(msgspec.Struct, frozen=True):
    """What the one Lua call says of a send.

    `changed` means that this client_msg_id was used with another body.
    """

    seq: int
    epoch: int
    duplicate: bool
    changed: bool
    routes: dict[str, Route | None]


class Unseeded(msgspec.Struct, frozen=True):
    """The conversation has no counter: it is new, or Redis lost it. It must be seeded from the store."""


class Unremembered(msgspec.Struct, frozen=True):
    """Redis does not know a send that may be a repetition: the store must be asked before it gets a number."""


class Appended(msgspec.Struct, frozen=True):
    """Where the broker put a record."""

    topic: str
    partition: int
    offset: int


Outcome = Literal["stored", "duplicate", "conflict", "closed"]


class StoreMessages(msgspec.Struct, frozen=True):
    """Store a batch; idempotent on (conversation, seq). `traceparents` has one for each message."""

    messages: list[QueueRecord]
    traceparents: list[str]


class Stored(msgspec.Struct, frozen=True):
    """One outcome a message, in the order of the request."""

    outcomes: list[Outcome]


class LogRead(msgspec.Struct, frozen=True):
    """How far a delivery worker has read the log.

    Partition -> what was on it so many milliseconds ago is read and stored. `partitions` is how many the topic has, so
    that the store knows when it has heard of all.
    """

    ages_ms: dict[int, Annotated[int, msgspec.Meta(ge=0)]]
    partitions: Annotated[int, msgspec.Meta(ge=1)]


class AwaitNumber(msgspec.Struct, frozen=True):
    """Asks the store to keep a number open: its message is about to be put on the log once more."""

    conversation: Conversation
    seq: Seq


class StoredMessage(msgspec.Struct, frozen=True):
    """A row of the message store."""

    conversation: str
    seq: int
    epoch: int
    message_id: str
    sender: str
    device: str
    scheme: str
    body: bytes
    body_hash: str
    accepted_ms: int
    traceparent: str


class SyncRequest(msgspec.Struct, frozen=True):
    """Asks for a page of what `user` missed: at most `limit` messages, in order within each conversation.

    A gap that is older than `gap_ms` is closed for good, so that no phone waits for it for ever; but not before the
    log was read up to then, for what is missing may be on it.
    """

    user: User
    cursors: dict[Conversation, int]
    limit: int
    gap_ms: int


class SyncPage(msgspec.Struct, frozen=True):
    """A page: messages, the other members' high-water marks, closed numbers, and the highest number of each."""

    messages: list[StoredMessage]
    receipts: list[StoreReceipt]
    closed: dict[str, list[int]]
    upto: dict[str, int]
    more: bool


class Prior(msgspec.Struct, frozen=True):
    """The sequence ID and body hash under which a (device, client_msg_id) was stored before."""

    seq: int
    body_hash: str


class Head(msgspec.Struct, frozen=True):
    """What the store knows of a conversation: the highest seq and epoch (0 if none), and a message asked for."""

    max_seq: int
    epoch: int
    prior: Prior | None = None


class StoreReceipt(msgspec.Struct, frozen=True):
    """Raise a member's high-water mark."""

    conversation: Conversation
    user: User
    status: ReceiptStatus
    seq: Seq


class ReceiptStored(msgspec.Struct, frozen=True):
    """The high-water mark after the request; `advanced` if the request moved it."""

    seq: int
    advanced: bool


class Push(msgspec.Struct, frozen=True):
    """One frame for one connection of the server that is asked to push it."""

    connection: str
    user: User
    frame: Message | Receipt


class Handover(msgspec.Struct, frozen=True):
    """Frames for the chat server that holds their connections."""

    source: str
    pushes: list[Push]


class HandedOver(msgspec.Struct, frozen=True):
    """One flag a push, in order: whether the connection was there and took it."""

    pushed: list[bool]


class CloseConnection(msgspec.Struct, frozen=True):
    """Close a connection of `user` that the newer connection `by` replaced."""

    connection: str
    user: User
    by: str


class RegisterDevice(msgspec.Struct, frozen=True):
    """Bind a name to a device's public key; the first key that comes wins.

    `replace` is a new installation whose owner has proved that the name is theirs.
    """

    user: User
    device: Device
    public_key: bytes
    replace: bool = False


class DeviceKey(msgspec.Struct, frozen=True):
    """A device's Ed25519 public key, 32 bytes."""

    user: str
    device: str
    public_key: bytes


class Leaving(msgspec.Struct, frozen=True):
    """A chat server is about to end: no phone should be sent there any more."""

    server: str


class Directed(msgspec.Struct, frozen=True):
    """Where the ring sends a user, and which servers take part in it."""

    user: str
    server: str | None
    healthy: list[str]
