"""The phone's two tables, and its backoff. Pure: time and randomness come in as arguments."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from components.machine import Table

if TYPE_CHECKING:
    from collections.abc import Callable


class Status(StrEnum):
    """The life of a message on its sender's phone. PENDING is the phone's own: the server never knows of it."""

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class MessageEvent(StrEnum):
    """What moves a message."""

    ACK = "ack"
    DELIVERED = "delivered"
    READ = "read"
    REFUSED = "refused"


MESSAGE: Table[Status, MessageEvent] = Table(
    "message",
    Status.PENDING,
    {
        Status.PENDING: {MessageEvent.ACK: Status.SENT, MessageEvent.REFUSED: Status.FAILED},
        Status.SENT: {
            MessageEvent.ACK: Status.SENT,
            MessageEvent.DELIVERED: Status.DELIVERED,
            MessageEvent.READ: Status.READ,
        },
        Status.DELIVERED: {
            MessageEvent.ACK: Status.DELIVERED,
            MessageEvent.DELIVERED: Status.DELIVERED,
            MessageEvent.READ: Status.READ,
        },
        Status.READ: {
            MessageEvent.ACK: Status.READ,
            MessageEvent.DELIVERED: Status.READ,
            MessageEvent.READ: Status.READ,
        },
    },
)
"""Receipts only move forward: a late `delivered` after `read` changes nothing."""


class Link(StrEnum):
    """Where the connection manager is."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    AUTHENTICATING = "authenticating"
    ONLINE = "online"
    BACKOFF = "backoff"


class LinkEvent(StrEnum):
    """What moves it."""

    OPEN = "open"
    SOCKET_OPEN = "socket_open"
    WELCOME = "welcome"
    LOST = "lost"
    REPLACED = "replaced"
    TIMER = "timer"
    CLOSE = "close"


CONNECTION: Table[Link, LinkEvent] = Table(
    "phone connection",
    Link.OFFLINE,
    {
        Link.OFFLINE: {LinkEvent.OPEN: Link.CONNECTING, LinkEvent.CLOSE: Link.OFFLINE},
        Link.CONNECTING: {
            LinkEvent.SOCKET_OPEN: Link.AUTHENTICATING,
            LinkEvent.LOST: Link.BACKOFF,
            LinkEvent.CLOSE: Link.OFFLINE,
        },
        Link.AUTHENTICATING: {
            LinkEvent.WELCOME: Link.ONLINE,
            LinkEvent.LOST: Link.BACKOFF,
            LinkEvent.REPLACED: Link.OFFLINE,
            LinkEvent.CLOSE: Link.OFFLINE,
        },
        Link.ONLINE: {
            LinkEvent.LOST: Link.BACKOFF,
            LinkEvent.REPLACED: Link.OFFLINE,
            LinkEvent.CLOSE: Link.OFFLINE,
        },
        Link.BACKOFF: {LinkEvent.TIMER: Link.CONNECTING, LinkEvent.CLOSE: Link.OFFLINE},
    },
)
"""A phone whose login was replaced by a newer one stays offline: two copies that both reconnect would fight."""

BACKOFF_BASE_S = 1.0
BACKOFF_CAP_S = 60.0


def backoff_bound(attempt: int, speed: float = 1.0) -> float:
    """Give the longest wait before reconnect `attempt` (0, 1, ...): 1, 2, 4, 8 ... 60 s, divided by `speed`."""
    return float(min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2 ** min(attempt, 10))) / speed


def backoff_delay(attempt: int, speed: float, uniform: Callable[[float, float], float]) -> float:
    """Draw a wait with full jitter: anywhere between nothing and the bound, so that a fleet does not return at once."""
    return uniform(0.0, backoff_bound(attempt, speed))


class AppState(StrEnum):
    """Where the app is, as the phone's operating system sees it."""

    CLOSED = "closed"
    FOREGROUND = "foreground"
    BACKGROUND = "background"
    SUSPENDED = "suspended"
    UNINSTALLED = "uninstalled"


class AppEvent(StrEnum):
    """What moves it."""

    OPEN = "open"
    BACKGROUND = "background"
    SUSPEND = "suspend"
    PUSH = "push"
    KILL = "kill"
    UNINSTALL = "uninstall"
    REINSTALL = "reinstall"


APP: Table[AppState, AppEvent] = Table(
    "phone app",
    AppState.CLOSED,
    {
        AppState.CLOSED: {
            AppEvent.OPEN: AppState.FOREGROUND,
            AppEvent.PUSH: AppState.BACKGROUND,
            AppEvent.UNINSTALL: AppState.UNINSTALLED,
        },
        AppState.FOREGROUND: {
            AppEvent.OPEN: AppState.FOREGROUND,
            AppEvent.PUSH: AppState.FOREGROUND,
            AppEvent.BACKGROUND: AppState.BACKGROUND,
            AppEvent.KILL: AppState.CLOSED,
            AppEvent.UNINSTALL: AppState.UNINSTALLED,
        },
        AppState.BACKGROUND: {
            AppEvent.OPEN: AppState.FOREGROUND,
            AppEvent.BACKGROUND: AppState.BACKGROUND,
            AppEvent.PUSH: AppState.BACKGROUND,
            AppEvent.SUSPEND: AppState.SUSPENDED,
            AppEvent.KILL: AppState.CLOSED,
            AppEvent.UNINSTALL: AppState.UNINSTALLED,
        },
        AppState.SUSPENDED: {
            AppEvent.OPEN: AppState.FOREGROUND,
            AppEvent.PUSH: AppState.BACKGROUND,
            AppEvent.KILL: AppState.CLOSED,
            AppEvent.UNINSTALL: AppState.UNINSTALLED,
        },
        AppState.UNINSTALLED: {AppEvent.REINSTALL: AppState.FOREGROUND},
    },
)
"""An app that is suspended or closed hears nothing: only a push or a finger brings it back."""
