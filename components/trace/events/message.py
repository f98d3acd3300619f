"""One message's journey: steps 1 to 5 of the walkthrough's step 3."""

from __future__ import annotations

from components.trace.events.base import Event


class MessageWritten(Event, frozen=True):
    """The sender's phone committed the message to its own database: PENDING."""

    step = 1
    message_id: str
    conversation: str
    user: str
    peer: str
    body_bytes: int
    body_hash: str


class SendTransmitted(Event, frozen=True):
    """The phone wrote the `send` frame to its socket."""

    step = 1
    message_id: str
    user: str
    server: str
    frame_bytes: int
    attempt: int


class SendReceived(Event, frozen=True):
    """The chat server read the `send` frame. Proves the hop phone -> chat server."""

    step = 1
    message_id: str
    user: str


class SequenceAssigned(Event, frozen=True):
    """One Lua call in Redis: idempotency lookup, INCR if the message is new, routes of the recipients."""

    step = 2
    message_id: str
    conversation: str
    seq: int
    epoch: int
    duplicate: bool
    routes: dict[str, str | None]


class CounterSeeded(Event, frozen=True):
    """Redis had no counter for the conversation; it was set from the store, in a new epoch."""

    step = 2
    conversation: str
    seq: int
    epoch: int


class SendRestored(Event, frozen=True):
    """Redis did not remember a send that the store has; it was told the number under which it is stored."""

    step = 2
    message_id: str
    conversation: str
    seq: int


class MessageAppended(Event, frozen=True):
    """The broker confirmed the record (acks=all)."""

    step = 3
    message_id: str
    conversation: str
    seq: int
    topic: str
    partition: int
    offset: int


class MessageSent(Event, frozen=True):
    """The sender's phone took the server's ACK and committed it: SENT."""

    step = 3
    message_id: str
    user: str
    seq: int
    epoch: int


class RecordConsumed(Event, frozen=True):
    """A delivery worker read the record from its partition."""

    step = 4
    message_id: str
    conversation: str
    seq: int
    topic: str
    partition: int
    offset: int


class MessageStored(Event, frozen=True):
    """The message store answered: `stored`, `duplicate` if the row was there, `conflict`, or `closed`."""

    step = 4
    message_id: str
    conversation: str
    seq: int
    outcome: str


class RouteLookedUp(Event, frozen=True):
    """The route in the record was missing or stale, so the worker asked the connection map again."""

    step = 4
    message_id: str
    user: str
    server: str | None


class MessageHandedOver(Event, frozen=True):
    """The recipient's chat server took the message from a worker and wrote it to the phone's socket."""

    step = 4
    message_id: str
    conversation: str
    seq: int
    user: str
    connection: str


class RecipientOffline(Event, frozen=True):
    """No route: the message is in the store, and the recipient has to fetch it."""

    step = 4
    message_id: str
    seq: int
    user: str


class MessageShown(Event, frozen=True):
    """The recipient's phone committed the message and shows it. `duplicate` if it had it already."""

    step = 4
    message_id: str
    conversation: str
    seq: int
    user: str
    body_hash: str
    duplicate: bool


class ReceiptTaken(Event, frozen=True):
    """The recipient's chat server read the receipt from the phone's socket."""

    step = 5
    conversation: str
    user: str
    status: str
    seq: int


class ReceiptKept(Event, frozen=True):
    """The message store raised the high-water mark, or had it already."""

    step = 5
    conversation: str
    user: str
    status: str
    seq: int
    advanced: bool


class ReceiptHandedOver(Event, frozen=True):
    """The sender's chat server took the receipt and wrote it to the sender's socket."""

    step = 5
    conversation: str
    user: str
    status: str
    seq: int


class ReceiptWaits(Event, frozen=True):
    """The sender of the message is not connected: the receipt is in the store."""

    step = 5
    conversation: str
    user: str
    seq: int


class MessageStatusChanged(Event, frozen=True):
    """The sender's phone committed the receipt: DELIVERED, or READ."""

    step = 5
    message_id: str
    conversation: str
    user: str
    by: str
    seq: int
    status: str


class ReadMarked(Event, frozen=True):
    """The owner opened the conversation: everything up to `seq` is read, on this phone at first."""

    conversation: str
    user: str
    seq: int
