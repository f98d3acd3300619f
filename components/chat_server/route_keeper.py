"""Keeps the connection map true for one server's connections.

A route lives three heartbeats and is refreshed every heartbeat, all in one pipelined round trip. So a server that
is killed leaves no route behind for longer than that, and one that lives keeps its routes through a flushed Redis.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from components.trace.events import EngineUnavailable, RouteRegistered, RouteRemoved
from components.wire import errors
from components.wire.errors import WireError

if TYPE_CHECKING:
    from components.chat_server.ports import Routes
    from components.trace.journal import Journal
    from components.wire.records import Route

HEARTBEATS_TO_LIVE = 3


class RouteKeeper:
    """Registers, refreshes and removes routes. `unavailable` is the error by which the map says that Redis is away."""

    def __init__(  # noqa: PLR0913  where it writes, and how long a route lives
        self,
        server: str,
        routes: Routes,
        journal: Journal,
        *,
        heartbeat_s: float,
        speed: float,
        unavailable: type[Exception],
    ) -> None:
        self._server = server
        self._routes = routes
        self._journal = journal
        self._heartbeat_s = heartbeat_s
        self._ttl_s = HEARTBEATS_TO_LIVE * heartbeat_s
        self._speed = speed
        self._unavailable = unavailable
        self._mine: dict[str, Route] = {}

    async def register(self, user: str, route: Route) -> Route | None:
        """Write a route; give the older connection of the same device that it replaces, if there is one.

        Raises:
            WireError: `NOT_READY` if Redis does not answer.
        """
        try:
            before = await self._routes.register(user, route, self._ttl_s)
        except self._unavailable as exc:
            raise WireError(errors.NOT_READY) from exc
        self._mine[user] = route
        self._journal.write(
            RouteRegistered(user, self._server, route.connection, self._ttl_s, self._speed),
            link=(self._server, "redis"),
        )
        return before if before and before.connection != route.connection else None

    async def remove(self, user: str, connection: str) -> None:
        """Remove the route of a connection that closed, unless it belongs to a newer one by now."""
        mine = self._mine.get(user)
        if mine and mine.connection == connection:
            del self._mine[user]
        try:
            removed = await self._routes.remove(user, connection)
        except self._unavailable as exc:
            self._journal.write(EngineUnavailable("redis", str(exc), 1))
            return
        self._journal.write(RouteRemoved(user, connection, removed), link=(self._server, "redis"))

    async def keep(self) -> None:
        """Refresh every route once a heartbeat, for ever."""
        failures = 0
        while True:
            await asyncio.sleep(self._heartbeat_s)
            if not self._mine:
                continue
            try:
                await self._routes.refresh(dict(self._mine), self._ttl_s)
                failures = 0
            except self._unavailable as exc:
                failures += 1
                self._journal.write(EngineUnavailable("redis", str(exc), failures))
