"""A provider's private side as a phone's operating system reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.wire.pushes import IssuedToken, TokenRequest

if TYPE_CHECKING:
    from components.internal_http.client import Client


class ProviderTokens:
    """Calls one stub. Every call raises `UnreachableError` if it does not answer."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url

    async def issue(self, user: str, device: str) -> str:
        """Give the token of this installation."""
        asked = TokenRequest(user, device)
        return (await self._client.post(f"{self._url}/tokens", asked, IssuedToken)).token

    async def uninstalled(self, user: str, device: str) -> None:
        """Say that the app is gone: its token is dead from now on."""
        await self._client.delete(f"{self._url}/tokens/{user}/{device}", bool)
