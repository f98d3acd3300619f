"""The frames between a phone and its chat server: one JSON object each, told apart by `type`.

Bodies are opaque bytes, base64 in JSON: the server routes them and cannot know what they mean. `scheme` tells the
receiving phone how to open one. `traceparent` rides in the frame because a WebSocket has no headers per message.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from components.wire.names import (
    MAX_CURSORS,
    Body,
    Conversation,
    Cursor,
    Device,
    Epoch,
    MessageId,
    Seq,
    Traceparent,
    User,
)

Scheme = Literal["plain"]
ReceiptStatus = Literal["delivered", "read"]


class Auth(msgspec.Struct, tag="auth", forbid_unknown_fields=True, frozen=True):
    """Answers the challenge: an Ed25519 signature over it (RFC 8032), made with the device's identity key."""

    user: User
    device: Device
    signature: bytes


class Send(msgspec.Struct, tag="send", forbid_unknown_fields=True, frozen=True):
    """Asks to append a message to a conversation. Safe to repeat: same `client_msg_id`, same sequence ID.

    `resend` says that the phone may have sent this before. Then a server that finds no memory of it in Redis, which can
    lose its memory, asks the store before it gives a new number.
    """

    client_msg_id: MessageId
    conversation: Conversation
    scheme: Scheme
    body: Body
    traceparent: Traceparent
    sender: User | None = msgspec.field(default=None, name="from")
    resend: bool = False


class Receipt(msgspec.Struct, tag="receipt", forbid_unknown_fields=True, frozen=True):
    """A high-water mark: this user's device has committed (or its user has read) everything up to `seq`.

    The server overwrites `user` with the connection's own before it passes the receipt on.
    """

    conversation: Conversation
    seq: Seq
    status: ReceiptStatus
    traceparent: Traceparent
    user: User | None = None


class Sync(msgspec.Struct, tag="sync", forbid_unknown_fields=True, frozen=True):
    """Asks for what this phone missed: of each conversation, everything after its contiguous prefix.

    Conversations that the phone does not name are answered from their beginning. The answer is a page: `message` and
    `receipt` frames and then `synced`; while that says `more`, the phone asks again with the cursors it then has, so a
    connection lost in mid-page costs nothing.
    """

    cursors: Annotated[dict[Conversation, Cursor], msgspec.Meta(max_length=MAX_CURSORS)]
    traceparent: Traceparent


class Ping(msgspec.Struct, tag="ping", forbid_unknown_fields=True, frozen=True):
    """The phone's heartbeat, every 30 s over the connection it has anyway (walkthrough steps 4a and 8)."""


class Challenge(msgspec.Struct, tag="challenge", forbid_unknown_fields=True, frozen=True):
    """Opens every connection: 32 random bytes that are good for this connection only."""

    nonce: bytes
    server: str


class Welcome(msgspec.Struct, tag="welcome", forbid_unknown_fields=True, frozen=True):
    """The device is who it claims to be, and the connection map knows where it is.

    `queue_id` names the broker's log. A phone that sees it change knows that what it was promised (SENT) and not
    yet told delivered may have gone with the old log, and sends it again; idempotency makes that harmless.
    """

    user: User
    server: str
    connection: str
    heartbeat_s: float
    queue_id: str


class Ack(msgspec.Struct, tag="ack", forbid_unknown_fields=True, frozen=True):
    """The message has its sequence ID and the broker has it on its log: SENT."""

    client_msg_id: MessageId
    conversation: Conversation
    seq: Seq
    epoch: Epoch
    traceparent: Traceparent


class Message(msgspec.Struct, tag="message", forbid_unknown_fields=True, frozen=True):
    """A message for this phone. It may come twice; the phone tells by (conversation, seq)."""

    message_id: MessageId
    conversation: Conversation
    seq: Seq
    epoch: Epoch
    sender: User
    scheme: Scheme
    body: Body
    traceparent: Traceparent


class Synced(msgspec.Struct, tag="synced", forbid_unknown_fields=True, frozen=True):
    """Ends a page of a sync.

    `closed` names numbers that no message will ever have, such as one whose server died between INCR and the log and
    whose phone never asked again; they count as there. `upto` is the highest number stored of each conversation.
    """

    upto: dict[Conversation, Cursor]
    closed: dict[Conversation, list[Seq]]
    more: bool
    traceparent: Traceparent


class Pong(msgspec.Struct, tag="pong", forbid_unknown_fields=True, frozen=True):
    """Answers a heartbeat, so that the phone notices a dead connection too."""


class Error(msgspec.Struct, tag="error", forbid_unknown_fields=True, frozen=True):
    """Something was refused; `code` is the number in the registry of errors."""

    code: int
    name: str
    definite: bool
    retryable: bool
    detail: str
    client_msg_id: str | None = None


ClientFrame = Auth | Send | Receipt | Sync | Ping
ServerFrame = Challenge | Welcome | Ack | Message | Receipt | Synced | Pong | Error

CLIENT_FRAMES: tuple[type[msgspec.Struct], ...] = (Auth, Send, Receipt, Sync, Ping)
SERVER_FRAMES: tuple[type[msgspec.Struct], ...] = (
    Challenge,
    Welcome,
    Ack,
    Message,
    Receipt,
    Synced,
    Pong,
    Error,
)
