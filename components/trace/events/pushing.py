"""A phone that is not connected is woken: step 5 of the walkthrough, the offline delivery."""

from __future__ import annotations

from components.trace.events.base import Event


class TokenRegistered(Event, frozen=True):
    """A phone's operating system got a push token from its provider, and the app told the directory."""

    user: str
    device: str
    platform: str


class PushRequested(Event, frozen=True):
    """The notification service was asked to wake a user for whom a message waits."""

    user: str
    conversation: str
    seq: int


class PushJoined(Event, frozen=True):
    """No further push was sent: `push` is outstanding, and the sync that it leads to fetches this message too."""

    push: str
    user: str
    device: str
    conversation: str
    seq: int


class PushImpossible(Event, frozen=True):
    """No device of the user has a push token: the message waits until the phone connects by itself."""

    user: str


class PushSent(Event, frozen=True):
    """The provider took the notification. Whether and when it reaches the phone is the provider's business."""

    push: str
    user: str
    device: str
    platform: str
    attempt: int


class PushRefused(Event, frozen=True):
    """The provider did not take it. `status` is None if it did not answer; `retry_s` is None if that was the end."""

    push: str
    user: str
    device: str
    platform: str
    attempt: int
    status: int | None
    reason: str
    retry_s: float | None


class TokenRemoved(Event, frozen=True):
    """A token that its provider no longer knows was taken out of the directory."""

    user: str
    device: str
    platform: str
    reason: str


class PushArrived(Event, frozen=True):
    """The phone's operating system got the notification, and wakes the app."""

    user: str
    platform: str
    collapse_id: str
