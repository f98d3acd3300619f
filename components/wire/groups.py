"""Groups on the wire: what the directory keeps of them, and what chat servers ask it.

A group's membership is a sequence of versions. Each change makes the next one, and takes effect in the conversation at
a sequence ID of its own, as a message in front of which the old version holds and behind which the new one does.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec

from components.wire.names import MAX_MEMBERS, GroupName, MessageId, User

GroupAction = Literal["create", "add", "remove", "leave", "promote", "demote"]
Role = Literal["admin", "member"]
Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class ChangeGroup(msgspec.Struct, frozen=True):
    """Asks the directory for a change. Safe to repeat: the same `by` and `request_id` give the same answer.

    `users` are those it is about; for `create` the members beside `by`, for `leave` nobody.
    """

    group: GroupName
    action: GroupAction
    by: User
    users: Annotated[list[User], msgspec.Meta(max_length=MAX_MEMBERS)]
    request_id: MessageId


class GroupChange(msgspec.Struct, frozen=True):
    """A change that was made; `version` is the one that it led to, 1 for `create`.

    `users` are those who came, went or changed their role; `promoted` is who became admin because the last one left.
    """

    group: GroupName
    version: Version
    action: GroupAction
    by: User
    users: list[User]
    promoted: User | None = None


class Group(msgspec.Struct, frozen=True):
    """A group as of a version: its members and their roles. One whose last member left has none."""

    name: GroupName
    version: Version
    members: dict[User, Role]


class ChangedGroup(msgspec.Struct, frozen=True):
    """A change, and the group as of its version."""

    group: Group
    change: GroupChange


def change_id(change: GroupChange) -> str:
    """Name the message that tells a change: whoever puts it on the log, it is the same one."""
    return hashlib.sha256(f"{change.group} {change.version}".encode()).hexdigest()[:12]
