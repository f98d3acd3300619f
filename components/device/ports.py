"""What a phone needs besides its socket. The adapters live with the other boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from components.wire.records import DeviceKey


class Registry(Protocol):
    """The directory's key registry, as an app reaches it on first launch."""

    async def register(  # noqa: D102
        self, user: str, device: str, public_key: bytes, *, replace: bool = False
    ) -> DeviceKey: ...
