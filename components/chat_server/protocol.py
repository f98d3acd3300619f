"""One connection as a state machine: frames in, actions out. No socket, no clock, no randomness.

The shell must call `start` once the WebSocket is open, `receive` for every text message, and after a `Verify`
exactly one of `verified` and `refused`, before it hands over the next message. A `WireError` from any of them is
for the peer: send its frame, and close if `close_code` says so.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from components.machine import Table
from components.wire import codec, errors
from components.wire.errors import WireError
from components.wire.frames import Auth, Challenge, ClientFrame, Error, Ping, Pong, Receipt, Send, Sync
from components.wire.names import members_of


class State(StrEnum):
    """Where a connection is. Nothing but `auth` is listened to before OPEN."""

    CHALLENGED = "challenged"
    VERIFYING = "verifying"
    OPEN = "open"
    CLOSED = "closed"


class Event(StrEnum):
    """What moves it."""

    AUTH = "auth"
    VERIFIED = "verified"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    CLOSE = "close"


CONNECTION: Table[State, Event] = Table(
    "chat server connection",
    State.CHALLENGED,
    {
        State.CHALLENGED: {
            Event.AUTH: State.VERIFYING,
            Event.TIMEOUT: State.CLOSED,
            Event.REFUSED: State.CLOSED,
            Event.CLOSE: State.CLOSED,
        },
        State.VERIFYING: {
            Event.VERIFIED: State.OPEN,
            Event.REFUSED: State.CLOSED,
            Event.CLOSE: State.CLOSED,
        },
        State.OPEN: {Event.CLOSE: State.CLOSED},
        State.CLOSED: {Event.CLOSE: State.CLOSED},
    },
)


class Reply(msgspec.Struct, frozen=True):
    """Send this frame on the connection."""

    frame: Challenge | Pong


class Verify(msgspec.Struct, frozen=True):
    """Look up the device's key and check the signature against this connection's challenge."""

    auth: Auth


class Accept(msgspec.Struct, frozen=True):
    """Take a message: dedupe, number, append, acknowledge."""

    send: Send
    recipients: list[str]


class TakeReceipt(msgspec.Struct, frozen=True):
    """Keep a receipt and pass it on."""

    receipt: Receipt
    peers: list[str]


class Fetch(msgspec.Struct, frozen=True):
    """Send a page of what the phone missed."""

    sync: Sync


Action = Reply | Verify | Accept | TakeReceipt | Fetch


class Session:
    """The protocol of one connection."""

    def __init__(self, server: str, nonce: bytes) -> None:
        self.state = CONNECTION.initial
        self.user: str | None = None
        self.device: str | None = None
        self._server = server
        self.nonce = nonce

    def start(self) -> list[Action]:
        """Begin with the challenge."""
        return [Reply(Challenge(self.nonce, self._server))]

    def receive(self, text: str) -> list[Action]:
        """Take one text message.

        Raises:
            WireError: If it is no frame, or not one for this state and this user.
        """
        if self.state is State.OPEN:
            return self._open_frame(codec.decode_client(text))
        try:
            frame = codec.decode_client(text)
        except WireError as exc:
            self._move(Event.REFUSED)
            raise WireError(errors.NOT_AUTHENTICATED, exc.detail) from None
        if not isinstance(frame, Auth):
            self._move(Event.REFUSED)
            raise WireError(errors.NOT_AUTHENTICATED)
        self._move(Event.AUTH)
        return [Verify(frame)]

    def verified(self, auth: Auth) -> None:
        """The signature fits: the connection speaks for this device from now on."""
        self._move(Event.VERIFIED)
        self.user, self.device = auth.user, auth.device

    def refused(self, kind: errors.ErrorKind) -> WireError:
        """The proof failed."""
        self._move(Event.REFUSED)
        return WireError(kind)

    def timed_out(self) -> WireError:
        """No proof came in time."""
        self._move(Event.TIMEOUT)
        return WireError(errors.AUTH_TIMEOUT)

    def closed(self) -> None:
        """The socket is gone."""
        self._move(Event.CLOSE)

    def _open_frame(self, frame: ClientFrame) -> list[Action]:
        match frame:
            case Auth():
                raise WireError(errors.ALREADY_AUTHENTICATED)
            case Ping():
                return [Reply(Pong())]
            case Send():
                return [Accept(frame, self._check_send(frame))]
            case Receipt():
                receipt = msgspec.structs.replace(frame, user=self.user)
                return [TakeReceipt(receipt, self._peers(frame.conversation, None))]
            case Sync():
                for conversation in frame.cursors:
                    self._peers(conversation, None)
                return [Fetch(frame)]

    def _check_send(self, send: Send) -> list[str]:
        if send.sender is not None and send.sender != self.user:
            raise WireError(errors.FORGED_SENDER, client_msg_id=send.client_msg_id)
        if not send.body:
            raise WireError(errors.EMPTY_BODY, client_msg_id=send.client_msg_id)
        return self._peers(send.conversation, send.client_msg_id)

    def _peers(self, conversation: str, client_msg_id: str | None) -> list[str]:
        members = members_of(conversation)
        if self.user not in members:
            raise WireError(errors.NOT_A_MEMBER, client_msg_id=client_msg_id)
        if len(set(members)) != len(members) or list(members) != sorted(members):
            raise WireError(
                errors.INVALID_FIELD, "a conversation is named by its two members, sorted", client_msg_id
            )
        return [member for member in members if member != self.user]

    def _move(self, event: Event) -> None:
        self.state = CONNECTION.after(self.state, event)


def error_frame(error: WireError) -> Error:
    """Write an error as the frame that tells the peer."""
    kind = error.kind
    return Error(kind.code, kind.name, kind.definite, kind.retryable, error.detail, error.client_msg_id)
