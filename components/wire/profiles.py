"""What the directory keeps of a user beside keys: settings and contacts."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from components.wire.names import User

LastSeen = Literal["everyone", "contacts", "nobody"]
"""Who is told when somebody was last online, and whether they are now."""

MAX_CONTACTS = 1000


class Settings(msgspec.Struct, frozen=True):
    """A user's settings."""

    user: User
    last_seen: LastSeen = "everyone"


class Contacts(msgspec.Struct, frozen=True):
    """Whom a user has in the address book."""

    user: User
    contacts: Annotated[list[User], msgspec.Meta(max_length=MAX_CONTACTS)]
