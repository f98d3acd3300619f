"""The serving side: an aiohttp application whose handlers take and return structs."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from aiohttp import web

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable

MAX_REQUEST_BYTES = 32 * 1024 * 1024
"""A batch of 500 messages of the largest body, base64, fits with room to spare."""

T = TypeVar("T", bound=msgspec.Struct)


def application(secret: str) -> web.Application:
    """Make an application that answers only callers who know the secret."""
    expected = f"Bearer {secret}".encode()

    @web.middleware
    async def authorize(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            raise web.HTTPUnauthorized
        return await handler(request)

    return web.Application(middlewares=[authorize], client_max_size=MAX_REQUEST_BYTES)


async def body_of(request: web.Request, kind: type[T]) -> T:
    """Read the request's body as a struct; a body of another shape is answered with 422."""
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.DecodeError as exc:
        raise web.HTTPUnprocessableEntity(text=str(exc)) from None


def reply(body: Any) -> web.Response:
    """Answer with anything that msgspec can encode."""
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")


async def serve(app: web.Application, sock: socket.socket) -> web.AppRunner:
    """Serve on a listening socket; `cleanup()` of what is returned ends it within a second."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    return runner
