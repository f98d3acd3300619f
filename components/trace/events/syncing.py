"""A phone comes back and fetches what it missed; numbers that never come are given up."""

from __future__ import annotations

from components.trace.events.base import Event


class SyncRequested(Event, frozen=True):
    """The phone asked for everything after its contiguous prefixes: `cursors` of so many conversations."""

    user: str
    conversations: int
    page: int


class SyncServed(Event, frozen=True):
    """The chat server read a page from the store and sends it."""

    user: str
    messages: int
    receipts: int
    more: bool


class SyncFinished(Event, frozen=True):
    """The phone has what there was: the last page is in its database."""

    user: str
    pages: int
    messages: int


class GapSeen(Event, frozen=True):
    """A number arrived before the ones in front of it; the phone asks for those if they do not come by themselves."""

    conversation: str
    user: str
    prefix: int
    seq: int


class GapClosed(Event, frozen=True):
    """The store gave numbers up: they were taken, no message came with them in time, and none will."""

    conversation: str
    seqs: list[int]


class NumberRenewed(Event, frozen=True):
    """A repetition came for a number that had been given up: it gets another one."""

    message_id: str
    conversation: str
    closed_seq: int


class ConnectionSilent(Event, frozen=True):
    """Nothing was heard on a connection for too long, so it counts as dead. Seconds."""

    user: str
    silent_s: float


class AppMoved(Event, frozen=True):
    """The phone's operating system opened, suspended, woke or killed the app."""

    user: str
    platform: str
    before: str
    event: str
    after: str


class NetworkMoved(Event, frozen=True):
    """The phone's network went away, came back, or became another one."""

    user: str
    what: str


class ClockMoved(Event, frozen=True):
    """Somebody set the phone's clock: it is off by so many seconds now."""

    user: str
    offset_s: float


class KeyReplaced(Event, frozen=True):
    """A new installation registered a new identity key in place of the old one."""

    user: str
