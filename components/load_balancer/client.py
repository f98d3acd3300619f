"""The load balancer as chat servers reach it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from components.internal_http.client import RejectedError, UnreachableError
from components.wire.records import Leaving

if TYPE_CHECKING:
    from components.internal_http.client import Client

GOODBYE_TIMEOUT_S = 0.5


class LoadBalancerClient:
    """Calls the load balancer's private port."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url

    async def leaving(self, server: str) -> None:
        """Say that a server is about to end. A balancer that does not answer sends nobody there anyway."""
        try:
            async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                await self._client.post(f"{self._url}/leaving", Leaving(server), bool)
        except (UnreachableError, RejectedError, TimeoutError):
            return
