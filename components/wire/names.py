"""Names and limits that every box agrees on.

A user name is short ASCII on purpose: it is typed at a prompt, stands in Redis keys and Kafka record keys, and a
NUL byte or a bidirectional control character in it would reach a terminal.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

SUBPROTOCOL = "chat-workbench.v1"
"""WebSocket subprotocol (RFC 6455 section 1.9). A breaking change of the frames gets a new one."""

MAX_FRAME_BYTES = 64 * 1024
"""Largest client frame, in bytes of UTF-8. Media never travels in a frame."""

MAX_BODY_BYTES = 32 * 1024
"""Largest message body, in bytes before base64."""

MAX_CURSORS = 500
"""Conversations that one `sync` may name."""

MAX_MEMBERS = 256
"""Members of a group, WhatsApp's historical bound. It matters where one send is fanned out to so many phones."""

MAX_SEQ = 2**53 - 1
"""Largest sequence ID: the largest integer that every JSON reader keeps exact (RFC 8259 section 6)."""

# `\Z` and not `$`, which would also let a line feed stand after the last character.
USER_PATTERN = r"^[a-z][a-z0-9_-]{0,31}\Z"
GROUP_MARK = "@"
"""Begins the name of a group's conversation: `@family`. A 1:1 conversation is named by its two members."""

CONVERSATION_PATTERN = r"^([a-z][a-z0-9_-]{0,31}:|@)[a-z][a-z0-9_-]{0,31}\Z"
MESSAGE_ID_PATTERN = r"^[0-9a-f]{12}\Z"
TRACEPARENT_PATTERN = r"^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]\Z"

User = Annotated[str, msgspec.Meta(pattern=USER_PATTERN)]
Device = Annotated[str, msgspec.Meta(pattern=USER_PATTERN)]
GroupName = User
"""A group's name: of the form of a user's, and no user has it, so that a name typed at a prompt means one thing."""

Conversation = Annotated[str, msgspec.Meta(pattern=CONVERSATION_PATTERN)]
MessageId = Annotated[str, msgspec.Meta(pattern=MESSAGE_ID_PATTERN)]
"""Made by the sending phone: 48 random bits in hex, enough for a laptop. At WhatsApp's scale one takes 128."""

Cursor = Annotated[int, msgspec.Meta(ge=0, le=MAX_SEQ)]
"""The last number of a phone's contiguous prefix of a conversation: it has everything up to here. 0: nothing yet."""

Seq = Annotated[int, msgspec.Meta(ge=1, le=MAX_SEQ)]
Epoch = Annotated[int, msgspec.Meta(ge=1, le=MAX_SEQ)]
Body = Annotated[bytes, msgspec.Meta(max_length=MAX_BODY_BYTES)]
Traceparent = Annotated[str, msgspec.Meta(pattern=TRACEPARENT_PATTERN)]

_USER = re.compile(USER_PATTERN)
_MESSAGE_ID = re.compile(MESSAGE_ID_PATTERN)


def is_user(name: str) -> bool:
    """Say whether `name` is a well-formed user name: 1 to 32 of a-z, 0-9, `_`, `-`, beginning with a letter."""
    return _USER.match(name) is not None


def is_message_id(text: str) -> bool:
    """Say whether `text` is a well-formed message id: 12 hex digits."""
    return _MESSAGE_ID.match(text) is not None


def conversation_of(one: str, other: str) -> str:
    """Name the 1:1 conversation of two users: both names, sorted, so that both phones arrive at the same."""
    return ":".join(sorted((one, other)))


def group_conversation(name: str) -> str:
    """Name the conversation of a group."""
    return GROUP_MARK + name


def is_group(conversation: str) -> bool:
    """Say whether a conversation is a group's; its members are then the directory's to tell, not its name's."""
    return conversation.startswith(GROUP_MARK)


def group_in(conversation: str) -> str:
    """Give the name of the group whose conversation it is."""
    return conversation.removeprefix(GROUP_MARK)


def members_of(conversation: str) -> tuple[str, ...]:
    """List the members of a 1:1 conversation, which its name spells out."""
    return tuple(conversation.split(":"))


def peer_in(conversation: str, user: str) -> str:
    """Name the other member of a 1:1 conversation."""
    one, other = members_of(conversation)
    return other if one == user else one
