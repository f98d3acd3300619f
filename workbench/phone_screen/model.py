"""What a phone's screen knows: the phone's state and messages, which conversation is open, what is unread. Pure.

The phone's database is the truth. Whatever the phone answers replaces what was here before; only what a person does
on the glass (which conversation is open, how far it is scrolled) is the screen's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from components.wire.names import peer_in

if TYPE_CHECKING:
    from collections.abc import Iterable

FOREGROUND = "foreground"
UNINSTALLED = "uninstalled"


class State(msgspec.Struct, frozen=True):
    """A phone, seen from outside. `app` and `network` are None until the phone was asked."""

    user: str
    link: str
    server: str | None = None
    problem: str | None = None
    app: str | None = None
    network: str | None = None


class Message(msgspec.Struct, frozen=True):
    """A message as the phone's database has it. `seq` is None until the server has assigned one.

    `unread` is the phone's word, which it takes back once it was told that the conversation was opened.
    """

    seq: int | None
    message_id: str
    sender: str = msgspec.field(name="from")
    text: str
    status: str
    conversation: str
    unread: bool = False


class Conversation(msgspec.Struct, frozen=True):
    """One peer's conversation in the order of the phone: by sequence ID, what has none yet at the end."""

    peer: str
    messages: Sequence[Message]
    unread: int

    @property
    def last(self) -> Message | None:
        """The newest message, if there is one."""
        return self.messages[-1] if self.messages else None


Anchor = tuple[str, str, int]
"""The line at the bottom of an open conversation that is scrolled back: sender, message id, line of the message."""


class Book:
    """All that the screen knows."""

    def __init__(self, user: str, contacts: Iterable[str]) -> None:
        self.user = user
        self.state = State(user, "offline")
        self.open: str | None = None
        self.anchor: Anchor | None = None
        self._contacts = [name for name in contacts if name != user]
        self._messages: dict[str, list[Message]] = {}
        self._seen: dict[str, int] = {}
        self._reported: dict[str, int] = {}

    # What the phone answers ---------------------------------------------------------------------------------------

    def take(self, messages: Iterable[Message], peer: str | None = None) -> None:
        """Put the phone's answer in the place of one conversation, or of all if `peer` is None."""
        found: dict[str, list[Message]] = {peer: []} if peer is not None else {}
        for message in messages:
            found.setdefault(peer_in(message.conversation, self.user), []).append(message)
        self._messages = self._messages | found if peer is not None else found
        self._look()

    def take_state(self, state: State) -> None:
        """Put the phone's state in the place of the last one."""
        self.state = state
        if state.app == UNINSTALLED:  # its database is gone
            self._messages = {}
            self._seen, self._reported = {}, {}
        self._look()

    # What is shown ------------------------------------------------------------------------------------------------

    def peers(self) -> list[str]:
        """Name everybody one can write to: first those with messages, each part in the plan's order."""
        everybody = [*self._contacts, *sorted(self._messages.keys() - set(self._contacts))]
        return sorted(everybody, key=lambda peer: not self._messages.get(peer))  # sorting is stable

    def conversation(self, peer: str) -> Conversation:
        """Give one conversation; an empty one if nothing was said."""
        messages = self._messages.get(peer, [])
        seen = self._seen.get(peer, 0)
        unread = sum(1 for each in messages if each.unread and (each.seq or 0) > seen)
        return Conversation(peer, messages, unread)

    def conversations(self) -> list[Conversation]:
        """Give all, in the order of `peers`."""
        return [self.conversation(peer) for peer in self.peers()]

    def peer_of(self, message_id: str) -> str | None:
        """Name the peer of an own message."""
        for peer, messages in self._messages.items():
            for each in reversed(messages):
                if each.message_id == message_id and each.sender == self.user:
                    return peer
        return None

    # What fingers do ----------------------------------------------------------------------------------------------

    def show(self, peer: str | None) -> None:
        """Open a conversation at its end, or none."""
        self.open = peer
        self.anchor = None
        if peer is not None and peer not in self.peers():
            self._contacts.append(peer)
        self._look()

    def step(self, by: int) -> None:
        """Open the next or previous conversation; between the last and the first none is open."""
        places: list[str | None] = [None, *self.peers()]
        self.show(places[(places.index(self.open) + by) % len(places)])

    def to_report(self) -> tuple[str, int] | None:
        """Give the conversation that was read and not yet said to be, with the highest number that was seen."""
        for peer, seq in self._seen.items():
            if seq > self._reported.get(peer, 0):
                return peer, seq
        return None

    def report(self, peer: str, seq: int) -> None:
        """Remember how far the phone was told; a failure tells it again from 0."""
        self._reported[peer] = seq

    @property
    def attentive(self) -> bool:
        """Say whether somebody looks at the app: a message that comes while it is in the background stays unread."""
        return self.state.app in (None, FOREGROUND)

    def _look(self) -> None:
        if self.open is None or not self.attentive:
            return
        unread = [each.seq or 0 for each in self._messages.get(self.open, []) if each.unread]
        newest = max(unread, default=0)
        if newest > self._seen.get(self.open, 0):
            self._seen[self.open] = newest
