"""What a delivery worker needs of other boxes. The adapters live with those boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from components.wire.pushes import Wake
    from components.wire.records import Handover, Outcome, QueueRecord, Route
    from components.wire.traceparent import Trace


class Consumed(Protocol):
    """A record as it was read; `record` is None, and `reason` says why, if it cannot be understood."""

    @property
    def topic(self) -> str: ...  # noqa: D102
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def record(self) -> QueueRecord | None: ...  # noqa: D102
    @property
    def trace(self) -> Trace | None: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


class Store(Protocol):
    """The message store."""

    async def insert(self, messages: list[QueueRecord], traceparents: list[str]) -> list[Outcome]: ...  # noqa: D102


class Routes(Protocol):
    """The connection map."""

    async def lookup(self, users: list[str]) -> dict[str, Route | None]: ...  # noqa: D102


class ChatServers(Protocol):
    """The chat servers; None if the one asked does not answer."""

    async def hand_over(self, server: str, handover: Handover) -> list[bool] | None: ...  # noqa: D102


class Notifications(Protocol):
    """The notification service."""

    async def wake(self, worker: str, wakes: list[Wake]) -> None: ...  # noqa: D102
