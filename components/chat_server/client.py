"""The chat servers as other boxes reach them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.internal_http.client import RejectedError, UnreachableError
from components.wire.records import CloseConnection, HandedOver, Handover

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.internal_http.client import Client


class ChatServers:
    """Calls chat servers by name."""

    def __init__(self, client: Client, urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    async def hand_over(self, server: str, handover: Handover) -> list[bool] | None:
        """Hand frames to a server; one flag a frame, or None if it does not answer."""
        if server not in self._urls:
            return None
        try:
            return (await self._client.post(f"{self._urls[server]}/deliver", handover, HandedOver)).pushed
        except (UnreachableError, RejectedError):
            return None

    async def close_connection(self, server: str, request: CloseConnection) -> None:
        """Ask a server to close a replaced connection. If it does not answer, its route expires instead."""
        try:
            await self._client.post(f"{self._urls[server]}/close", request, bool)
        except (UnreachableError, RejectedError, KeyError):
            return
