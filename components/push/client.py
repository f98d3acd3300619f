"""The notification service as other boxes reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.wire.pushes import Synced, WakeRequest

if TYPE_CHECKING:
    from components.internal_http.client import Client
    from components.wire.pushes import Wake


class PushClient:
    """Calls the notification service. Every call raises `UnreachableError` if it does not answer."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url

    async def wake(self, worker: str, wakes: list[Wake]) -> None:
        """Ask for pushes. They are sent after the answer, so this takes no longer than a local call."""
        await self._client.post(f"{self._url}/wake", WakeRequest(worker, wakes), bool)

    async def synced(self, user: str, device: str) -> None:
        """Say that a device has fetched everything that waited for it."""
        await self._client.post(f"{self._url}/synced", Synced(user, device), bool)
