"""What a phone needs besides its socket. The adapters live with the other boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from components.wire.pushes import PushToken
    from components.wire.records import DeviceKey


class Registry(Protocol):
    """The directory's key registry, as an app reaches it on first launch."""

    async def register(  # noqa: D102
        self, user: str, device: str, public_key: bytes, *, replace: bool = False
    ) -> DeviceKey: ...


class TokenRegistry(Protocol):
    """The directory's push tokens; True if the token is new there."""

    async def register_push_token(self, token: PushToken) -> bool: ...  # noqa: D102


class OperatingSystem(Protocol):
    """What a phone's operating system does with its provider, APNs or FCM."""

    async def issue(self, user: str, device: str) -> str: ...  # noqa: D102
    async def uninstalled(self, user: str, device: str) -> None: ...  # noqa: D102
