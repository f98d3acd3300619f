"""What a chat server needs of other boxes. The adapters live with those boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from components.wire.frames import ReceiptStatus
    from components.wire.pushes import Wake
    from components.wire.records import (
        Appended,
        CloseConnection,
        Handover,
        Head,
        QueueRecord,
        ReceiptStored,
        Route,
        Sequenced,
        SyncPage,
        SyncRequest,
        Unremembered,
        Unseeded,
    )
    from components.wire.traceparent import Trace


class Routes(Protocol):
    """The connection map."""

    async def sequence(  # noqa: D102, PLR0913
        self,
        conversation: str,
        *,
        user: str,
        device: str,
        client_msg_id: str,
        body_hash: str,
        recipients: list[str],
        only_remembered: bool = False,
    ) -> Sequenced | Unseeded | Unremembered: ...
    async def seed(  # noqa: D102, PLR0913
        self,
        conversation: str,
        *,
        user: str,
        device: str,
        client_msg_id: str,
        max_seq: int,
        epoch: int,
        prior: tuple[int, str] | None,
    ) -> tuple[int, int]: ...
    async def forget(  # noqa: D102
        self, conversation: str, *, user: str, device: str, client_msg_id: str, seq: int
    ) -> None: ...
    async def register(self, user: str, route: Route, ttl_s: float) -> Route | None: ...  # noqa: D102
    async def refresh(self, routes: dict[str, Route], ttl_s: float) -> dict[str, bool]: ...  # noqa: D102
    async def remove(self, user: str, connection: str) -> bool: ...  # noqa: D102
    async def lookup(self, users: list[str]) -> dict[str, Route | None]: ...  # noqa: D102


class Log(Protocol):
    """The queue."""

    async def append(self, record: QueueRecord, trace: Trace) -> Appended: ...  # noqa: D102
    @property
    def queue_id(self) -> str: ...  # noqa: D102


class Store(Protocol):
    """The message store."""

    async def head(self, conversation: str, user: str, device: str, client_msg_id: str) -> Head: ...  # noqa: D102
    async def max_seq(self, conversation: str) -> int: ...  # noqa: D102
    async def await_number(self, conversation: str, seq: int) -> bool: ...  # noqa: D102
    async def sync(self, request: SyncRequest) -> SyncPage: ...  # noqa: D102
    async def raise_receipt(  # noqa: D102
        self, conversation: str, user: str, status: ReceiptStatus, seq: int
    ) -> ReceiptStored: ...


class Users(Protocol):
    """The directory."""

    async def public_key(self, user: str, device: str) -> bytes | None: ...  # noqa: D102
    async def knows(self, user: str) -> bool: ...  # noqa: D102


class Balancer(Protocol):
    """The load balancer."""

    async def leaving(self, server: str) -> None: ...  # noqa: D102


class Notifications(Protocol):
    """The notification service."""

    async def wake(self, worker: str, wakes: list[Wake]) -> None: ...  # noqa: D102
    async def synced(self, user: str, device: str) -> None: ...  # noqa: D102


class Peers(Protocol):
    """The other chat servers. A server that does not answer is passed over: its routes expire."""

    async def hand_over(self, server: str, handover: Handover) -> list[bool] | None: ...  # noqa: D102
    async def close_connection(self, server: str, request: CloseConnection) -> None: ...  # noqa: D102
