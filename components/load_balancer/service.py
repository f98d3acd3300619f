"""The load balancer's server.

It answers the phone's WebSocket handshake with a redirect to the chat server that the ring names (RFC 9110 section
15.4.8), and is then out of the way: the socket is between phone and chat server. A proxying balancer would hold
every socket twice, for as long as the phone is awake. Because the phone only follows where it is sent, an
ordinary proxy can be put in front instead.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from components.internal_http import server
from components.internal_http.client import Client, RejectedError, UnreachableError
from components.load_balancer.protocol import Ring
from components.trace.events import ConnectDirected, ServerHealthChanged
from components.wire.names import is_user
from components.wire.records import Directed, Leaving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.trace.journal import Journal

HEALTH_TIMEOUT_S = 1.0
BOOT_INTERVAL_S = 0.05


class Target:
    """A chat server: where phones connect, and where its health is asked."""

    def __init__(self, websocket: str, internal: str) -> None:
        self.websocket = websocket
        self.internal = internal


class LoadBalancer:
    """Serves two applications: `public` for phones, `private` for the other boxes."""

    def __init__(
        self, targets: Mapping[str, Target], seed: int, secret: str, journal: Journal, *, interval_s: float
    ) -> None:
        self._targets = targets
        self._ring = Ring(list(targets), seed)
        self._journal = journal
        self._interval_s = interval_s
        self._client = Client(secret, timeout_s=HEALTH_TIMEOUT_S)
        self.public = web.Application()
        self.public.add_routes([web.get("/connect", self._connect)])
        self.private = server.application(secret)
        self.private.add_routes([web.get("/where", self._where), web.post("/leaving", self._leaving)])
        self._goodbyes = dict.fromkeys(targets, 0)

    async def watch(self) -> None:
        """Check every server's health for ever, each on its own: a silent one must not delay the others' checks."""
        async with asyncio.TaskGroup() as group:
            for name in self._targets:
                group.create_task(self._watch_one(name))

    async def _watch_one(self, name: str) -> None:
        seen = False
        while True:
            goodbyes = self._goodbyes[name]
            healthy = await self._check(name)
            seen = seen or healthy
            if self._goodbyes[name] == goodbyes:  # a "healthy" from before the goodbye is no news any more
                self._set_health(name, healthy=healthy)
            # At start the fleet comes up within tenths of a second; once it was seen, the normal interval is enough.
            await asyncio.sleep(self._interval_s if seen else BOOT_INTERVAL_S)

    def _set_health(self, name: str, *, healthy: bool) -> None:
        if self._ring.set_health(name, healthy=healthy):
            self._journal.write(ServerHealthChanged(name, healthy))

    async def _check(self, name: str) -> bool:
        try:
            return await self._client.get(f"{self._targets[name].internal}/health", bool)
        except (UnreachableError, RejectedError):
            return False

    async def close(self) -> None:
        """Close the connections of the health checks."""
        await self._client.close()

    async def _connect(self, request: web.Request) -> web.Response:
        user = request.query.get("user", "")
        if not is_user(user):
            raise web.HTTPBadRequest(text="user: 1 to 32 of a-z, 0-9, _ and -, beginning with a letter")
        chosen = self._ring.server_of(user)
        if chosen is None:
            raise web.HTTPServiceUnavailable(text="no chat server is healthy", headers={"Retry-After": "1"})
        self._journal.write(ConnectDirected(user, chosen), link=(user, "lb"))
        raise web.HTTPTemporaryRedirect(f"{self._targets[chosen].websocket}/")

    async def _leaving(self, request: web.Request) -> web.Response:
        """Take a server off the ring that says goodbye; its own health checks keep it off, and put it back."""
        leaving = await server.body_of(request, Leaving)
        if leaving.server not in self._targets:
            raise web.HTTPNotFound(text=f"no server {leaving.server}")
        self._goodbyes[leaving.server] += 1
        self._set_health(leaving.server, healthy=False)
        return server.reply(body=True)

    async def _where(self, request: web.Request) -> web.Response:
        user = request.query.get("user", "")
        return server.reply(Directed(user, self._ring.server_of(user), self._ring.healthy()))
