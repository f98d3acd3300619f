"""What an event of the journal makes stale on a phone's screen. Pure.

The screen never polls the phone's database: it asks again for what an event says has changed, and for nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from components.wire.names import members_of, peer_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.tracing.journal import Seen

_CONNECTION = {
    "connection_changed",
    "connect_directed",
    "phone_disabled",
    "reconnect_scheduled",
    "route_registered",
    "route_removed",
}


class Stale(msgspec.Struct):
    """What has to be asked for again. `everything` stands for all conversations."""

    state: bool = False
    everything: bool = False
    peers: set[str] = msgspec.field(default_factory=set)

    def __bool__(self) -> bool:
        return self.state or self.everything or bool(self.peers)

    def add(self, other: Stale) -> None:
        """Make stale what is stale in the other."""
        self.state = self.state or other.state
        self.everything = self.everything or other.everything
        self.peers |= other.peers


def about(event: Seen, user: str) -> bool:
    """Say whether an event is about this user's phone."""
    return event.facts.get("user") == user or (event.link is not None and user in event.link)


def stale_after(event: Seen, user: str, peer_of: Callable[[str], str | None]) -> Stale:
    """Say what an event makes stale. `peer_of` names the peer of an own message that the screen has.

    An event of a kind that is not known here makes all stale: asking too often is no mistake, asking too seldom is.
    """
    if event.facts.get("user") != user:
        return Stale()
    if event.kind in _CONNECTION:
        return Stale(state=True)
    conversation = event.facts.get("conversation")
    if isinstance(conversation, str) and user in members_of(conversation):
        return Stale(peers={peer_in(conversation, user)})
    message_id = event.facts.get("message_id")
    peer = peer_of(message_id) if isinstance(message_id, str) else None
    if peer is not None:
        return Stale(peers={peer})
    return Stale(state=True, everything=True)
