"""The directory's server."""

from __future__ import annotations

from aiohttp import web

from components.directory.engine import Directory, NameTakenError, UnknownDeviceError
from components.internal_http import server
from components.wire.pushes import PushToken
from components.wire.records import RegisterDevice

PUBLIC_KEY_BYTES = 32


class DirectoryService:
    """Serves one directory over HTTP."""

    def __init__(self, directory: Directory, secret: str) -> None:
        self._directory = directory
        self.app = server.application(secret)
        self.app.add_routes(
            [
                web.post("/devices", self._register),
                web.get("/devices/{user}/{device}", self._device),
                web.put("/tokens", self._register_token),
                web.get("/tokens", self._tokens),
                web.delete("/tokens", self._remove_token),
                web.get("/users", self._users),
                web.get("/users/{user}", self._user),
            ]
        )

    async def _register(self, request: web.Request) -> web.Response:
        body = await server.body_of(request, RegisterDevice)
        if len(body.public_key) != PUBLIC_KEY_BYTES:
            raise web.HTTPUnprocessableEntity(text="an Ed25519 public key has 32 bytes")
        try:
            return server.reply(await self._directory.register(body))
        except NameTakenError:
            raise web.HTTPConflict(text="this name is bound to another key") from None

    async def _device(self, request: web.Request) -> web.Response:
        found = await self._directory.device(request.match_info["user"], request.match_info["device"])
        if found is None:
            raise web.HTTPNotFound(text="no such user and device")
        return server.reply(found)

    async def _register_token(self, request: web.Request) -> web.Response:
        body = await server.body_of(request, PushToken)
        try:
            return server.reply(await self._directory.register_push_token(body))
        except UnknownDeviceError:
            raise web.HTTPNotFound(text="no such user and device") from None

    async def _tokens(self, request: web.Request) -> web.Response:
        return server.reply(await self._directory.push_tokens(request.query.get("user", "")))

    async def _remove_token(self, request: web.Request) -> web.Response:
        return server.reply(await self._directory.remove_push_token(request.query.get("token", "")))

    async def _user(self, request: web.Request) -> web.Response:
        name = request.match_info["user"]
        if not await self._directory.knows_user(name):
            raise web.HTTPNotFound(text="no such user")
        return server.reply(name)

    async def _users(self, _request: web.Request) -> web.Response:
        return server.reply(await self._directory.user_names())
