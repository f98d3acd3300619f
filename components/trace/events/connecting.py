"""Phones find a server, stay connected to it, and can be found there."""

from __future__ import annotations

from components.trace.events.base import Event


class ConnectDirected(Event, frozen=True):
    """The load balancer sent a phone to the server that the ring names."""

    user: str
    server: str


class ServerHealthChanged(Event, frozen=True):
    """The load balancer's health check changed its mind about a chat server."""

    server: str
    healthy: bool


class ServerDraining(Event, frozen=True):
    """A chat server was asked to end: it takes no new connections, and lets those that it has go."""

    connections: int
    bound_s: float


class ConnectionDrained(Event, frozen=True):
    """A draining chat server closed a connection. `at_rest` is False if what the phone had sent was still under way."""

    user: str
    connection: str
    code: int
    at_rest: bool


class ConnectionChanged(Event, frozen=True):
    """A phone's connection manager moved in its state table."""

    user: str
    before: str
    event: str
    after: str


class PhoneDisabled(Event, frozen=True):
    """A phone stays offline for this run: its database or its key is of no use."""

    user: str
    reason: str


class ReconnectScheduled(Event, frozen=True):
    """A phone waits before it tries again: a random delay within the bound of full jitter. Seconds."""

    user: str
    attempt: int
    delay_s: float
    bound_s: float


class RouteRegistered(Event, frozen=True):
    """A chat server wrote `user -> server` to the connection map. `ttl_s` is in seconds, already sped up."""

    user: str
    server: str
    connection: str
    ttl_s: float
    speed: float


class RouteRemoved(Event, frozen=True):
    """A chat server took a route away. `removed` is False if a newer connection had replaced it: then it stays."""

    user: str
    connection: str
    removed: bool


class ConnectionReplaced(Event, frozen=True):
    """An older connection of a device was closed for a newer login, with its own close code."""

    user: str
    connection: str
    by: str


class SlowReaderDropped(Event, frozen=True):
    """A chat server dropped a connection that does not read what is pushed to it. The messages are in the store."""

    user: str
    connection: str
    unsent_bytes: int


class ConnectionRefused(Event, frozen=True):
    """A chat server turned a connection away before it had proved who it is."""

    error: str
    detail: str


class FrameRejected(Event, frozen=True):
    """A chat server answered a frame with an error."""

    user: str | None
    error: str
    detail: str
    message_id: str | None = None
