"""What boxes say to each other about push notifications, on the private network.

Nothing in here has room for a message: a push wakes an app, which then asks its chat server what there is.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from components.wire.names import Conversation, Device, Seq, Traceparent, User

Platform = Literal["ios", "android"]

PROVIDERS: dict[str, str] = {"ios": "apns", "android": "fcm"}
"""Maps a phone's platform to the box that reaches it: only Apple wakes iPhones, only Google wakes Android."""

Token = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


class PushToken(msgspec.Struct, frozen=True):
    """Where one installation of the app can be woken. Only the provider knows which phone the token means."""

    user: User
    device: Device
    platform: Platform
    token: Token


class Wake(msgspec.Struct, frozen=True):
    """A message waits in the store for a user whom no chat server holds."""

    user: User
    conversation: Conversation
    seq: Seq
    traceparent: Traceparent


class WakeRequest(msgspec.Struct, frozen=True):
    """What a delivery worker could not hand over, of one batch."""

    worker: str
    wakes: Annotated[list[Wake], msgspec.Meta(max_length=10_000)]


class Synced(msgspec.Struct, frozen=True):
    """A device has fetched everything that waited for it: the next message needs a new push."""

    user: User
    device: Device


class TokenRequest(msgspec.Struct, frozen=True):
    """An operating system asks its provider for the token of an app's installation."""

    user: User
    device: Device


class IssuedToken(msgspec.Struct, frozen=True):
    """The provider's answer."""

    token: Token


class PushArrival(msgspec.Struct, frozen=True):
    """A notification reaches the phone's operating system, which wakes the app."""

    platform: Platform
    collapse_id: str
    traceparent: Traceparent


class Failure(msgspec.Struct, frozen=True):
    """What a provider does wrong on purpose, for the next `count` notifications.

    `410` and `429` are answered as such (FCM says 404 UNREGISTERED for the first), `silent` gives no answer at all,
    and `lost` takes the notification and delivers it to nobody.
    """

    mode: Literal["ok", "410", "429", "silent", "lost"]
    count: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 1


class Attempt(msgspec.Struct):
    """One request to a provider, as the notification service remembers it. `t_ns` is CLOCK_MONOTONIC.

    `outcome` is `sending`, `sent`, `put off` (tried again after `retry_s` seconds), `dead token` or `refused`. `joined`
    counts the wakes that were spared a push because this one was still outstanding.
    """

    t_ns: int
    push: str
    user: str
    device: str
    platform: Platform
    attempt: int
    outcome: str = "sending"
    status: int | None = None
    reason: str = ""
    retry_s: float | None = None
    joined: int = 0
