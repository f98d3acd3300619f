"""The calling side: one pooled session a process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

TIMEOUT_S = 5.0


class UnreachableError(Exception):
    """The other box did not answer: refused, reset, timed out, or a 5xx. The effect of the request is unknown."""


class RejectedError(Exception):
    """The other box refused the request (4xx).

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(f"{status}: {text}")


class Client:
    """Calls other boxes with the run's secret. Make it inside a running event loop."""

    def __init__(self, secret: str, timeout_s: float = TIMEOUT_S) -> None:
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {secret}"},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            connector=aiohttp.TCPConnector(limit=32, keepalive_timeout=30),
        )

    async def get(self, url: str, kind: type[T], params: Mapping[str, str] | None = None) -> T:
        """Fetch a struct.

        Raises:
            UnreachableError: If no usable answer came.
            RejectedError: If the answer was a 4xx.
        """
        return await self._call("GET", url, kind, params=params)

    async def post(self, url: str, body: msgspec.Struct, kind: type[T]) -> T:
        """Post a struct and read the answer. Raises as `get` does."""
        return await self._call("POST", url, kind, data=msgspec.json.encode(body))

    async def put(self, url: str, body: msgspec.Struct, kind: type[T]) -> T:
        """Put a struct and read the answer. Raises as `get` does."""
        return await self._call("PUT", url, kind, data=msgspec.json.encode(body))

    async def delete(self, url: str, kind: type[T], params: Mapping[str, str] | None = None) -> T:
        """Delete something and read the answer. Raises as `get` does."""
        return await self._call("DELETE", url, kind, params=params)

    async def _call(self, method: str, url: str, kind: type[T], **kwargs: Any) -> T:
        try:
            async with self._session.request(method, url, **kwargs) as response:
                payload = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            raise UnreachableError(f"{method} {url}: {type(exc).__name__}") from exc
        if response.status >= 500:  # noqa: PLR2004  server errors, RFC 9110 section 15.6
            raise UnreachableError(f"{method} {url}: {response.status}")
        if response.status >= 400:  # noqa: PLR2004  client errors, RFC 9110 section 15.5
            raise RejectedError(response.status, payload[:200].decode(errors="replace"))
        try:
            return msgspec.json.decode(payload, type=kind)
        except msgspec.DecodeError as exc:
            raise UnreachableError(f"{method} {url}: unreadable answer") from exc

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._session.close()
