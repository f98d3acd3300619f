"""Errors on the wire are data: number, name, definite or not, explanation.

`definite` says whether the request certainly had no effect. After an indefinite error the effect is unknown, and
only a retry with the same `client_msg_id` is safe. `retryable` says whether the same request may succeed later.
The idea of a definite flag is Maelstrom's; the table is ours.

`close` is the WebSocket close code that follows the error frame, or None if the connection goes on. 4000-4999 is
the range for applications (RFC 6455 section 7.4.2).
"""

from __future__ import annotations

import msgspec


class ErrorKind(msgspec.Struct, frozen=True):
    """One row of the registry."""

    code: int
    name: str
    definite: bool
    retryable: bool
    close: int | None
    explanation: str


class WireError(Exception):
    """A frame or request that is answered with an error.

    Attributes:
        kind: The row of the registry.
        detail: What exactly was wrong, safe to send back: it never quotes a body or a key.
        client_msg_id: The message it concerns, if the frame named one.
    """

    def __init__(self, kind: ErrorKind, detail: str = "", client_msg_id: str | None = None) -> None:
        self.kind = kind
        self.detail = detail or kind.explanation
        self.client_msg_id = client_msg_id
        super().__init__(f"{kind.name}: {self.detail}")


REGISTRY: dict[int, ErrorKind] = {}


def _define(  # noqa: PLR0913  one row, one call
    code: int,
    name: str,
    explanation: str,
    *,
    definite: bool = True,
    retryable: bool = False,
    close: int | None = None,
) -> ErrorKind:
    kind = ErrorKind(code, name, definite, retryable, close, explanation)
    if code in REGISTRY:
        raise ValueError(f"error {code} is defined twice")
    REGISTRY[code] = kind
    return kind


MALFORMED_FRAME = _define(
    10, "malformed_frame", "The frame is not one JSON object of the schema.", close=1007
)
BINARY_FRAME = _define(11, "binary_frame", "Frames are text; this one was binary.", close=1003)
UNKNOWN_TYPE = _define(12, "unknown_type", "No frame has this type.")
INVALID_FIELD = _define(
    13, "invalid_field", "A field is missing, unknown, of the wrong type or out of range."
)
FLOOD = _define(14, "flood", "Too many control frames or empty fragments.", close=1008)

NOT_AUTHENTICATED = _define(20, "not_authenticated", "The first frame must be `auth`.", close=4401)
BAD_SIGNATURE = _define(
    21,
    "bad_signature",
    "The signature does not fit this connection's challenge and the device's key.",
    close=4401,
)
UNKNOWN_DEVICE = _define(22, "unknown_device", "The directory has no such user and device.", close=4401)
AUTH_TIMEOUT = _define(23, "auth_timeout", "No `auth` frame came in time.", retryable=True, close=4408)
ALREADY_AUTHENTICATED = _define(24, "already_authenticated", "This connection has proved who it is.")
REPLACED = _define(25, "replaced", "A newer login of this device took over.", close=4409)

FORGED_SENDER = _define(30, "forged_sender", "`from` is not the user of this connection.")
NOT_A_MEMBER = _define(31, "not_a_member", "The user of this connection is no member of the conversation.")
UNKNOWN_USER = _define(32, "unknown_user", "The directory has no such user.")
EMPTY_BODY = _define(33, "empty_body", "A message needs a body.")
BODY_CHANGED = _define(34, "body_changed", "This client_msg_id was used before with another body.")
BEYOND_MAX_SEQ = _define(35, "beyond_max_seq", "The receipt is for a sequence ID that was never assigned.")

UNKNOWN_GROUP = _define(36, "unknown_group", "The directory has no such group.")
NAME_TAKEN = _define(37, "name_taken", "A user or a group has this name.")
GROUP_FULL = _define(38, "group_full", "A group has at most 256 members.")
NOT_AN_ADMIN = _define(39, "not_an_admin", "Only an admin of the group may do this.")
NO_CHANGE = _define(40, "no_change", "The group is so already: nothing would change.")

UNAVAILABLE = _define(
    50, "unavailable", "A store or broker behind the server does not answer.", definite=False, retryable=True
)
SERVER_DRAINING = _define(51, "server_draining", "The server is shutting down.", retryable=True, close=1012)
SILENT = _define(
    55,
    "silent",
    "Nothing was heard on this connection for two heartbeats and a half.",
    retryable=True,
    close=4410,
)
SLOW_READER = _define(
    52, "slow_reader", "The connection does not read what is sent.", retryable=True, close=1013
)
NOT_READY = _define(
    53,
    "not_ready",
    "The connection map does not answer, so nobody could reach this phone here.",
    retryable=True,
    close=1013,
)
LOGIN_UNAVAILABLE = _define(
    54,
    "login_unavailable",
    "The directory does not answer, so nobody can be recognised here.",
    retryable=True,
    close=1013,
)
RATE_LIMITED = _define(
    56, "rate_limited", "This device sends more than anybody can type: wait a moment.", retryable=True
)

CLOSE_CODES: dict[int, str] = {
    1001: "the server is going away",
    1003: "binary data is not accepted",
    1007: "the frame was not what it says it is",
    1008: "the peer breaks the rules",
    1009: "the frame is too big",
    1012: "the server restarts: come back, elsewhere",
    1013: "try again later",
    4401: "not authenticated",
    4408: "authentication took too long",
    4409: "replaced by a newer login",
    4410: "nothing was heard for too long",
}
"""Every close code a chat server sends, with its meaning. 1002 and 1009 come from the WebSocket layer itself."""
