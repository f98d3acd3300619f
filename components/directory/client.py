"""The directory as other boxes reach it."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from components.internal_http.client import RejectedError
from components.wire.pushes import PushToken
from components.wire.records import DeviceKey, RegisterDevice

if TYPE_CHECKING:
    from components.internal_http.client import Client

CACHED_USERS = 10_000
_NOT_FOUND = 404


class DirectoryClient:
    """Calls the directory's server. Every call raises `UnreachableError` if it does not answer.

    That a user exists is remembered, because users are not deleted here; a key is asked for on every login.
    """

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url
        self._known: OrderedDict[str, None] = OrderedDict()

    async def register(
        self, user: str, device: str, public_key: bytes, *, replace: bool = False
    ) -> DeviceKey:
        """Bind a name to a key; with `replace` in place of an older one.

        Raises:
            RejectedError: With status 409 if the name is bound to another key.
        """
        return await self._client.post(
            f"{self._url}/devices", RegisterDevice(user, device, public_key, replace), DeviceKey
        )

    async def public_key(self, user: str, device: str) -> bytes | None:
        """Give a device's Ed25519 public key, None if there is no such device."""
        try:
            found = await self._client.get(f"{self._url}/devices/{user}/{device}", DeviceKey)
        except RejectedError as exc:
            if exc.status == _NOT_FOUND:
                return None
            raise
        return found.public_key

    async def knows(self, user: str) -> bool:
        """Say whether the user exists."""
        if user not in self._known:
            try:
                await self._client.get(f"{self._url}/users/{user}", str)
            except RejectedError as exc:
                if exc.status == _NOT_FOUND:
                    return False
                raise
            self._known[user] = None
            if len(self._known) > CACHED_USERS:
                self._known.popitem(last=False)
        return True

    async def register_push_token(self, token: PushToken) -> bool:
        """Keep a device's push token; say whether it is new.

        Raises:
            RejectedError: With status 404 if the device is not registered.
        """
        return await self._client.put(f"{self._url}/tokens", token, bool)

    async def push_tokens(self, user: str) -> list[PushToken]:
        """List the push tokens of a user's devices."""
        return await self._client.get(f"{self._url}/tokens", list[PushToken], {"user": user})

    async def remove_push_token(self, token: str) -> bool:
        """Forget a dead token; say whether it was there."""
        return await self._client.delete(f"{self._url}/tokens", bool, {"token": token})

    async def users(self) -> list[str]:
        """List all users."""
        return await self._client.get(f"{self._url}/users", list[str])
