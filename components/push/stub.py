"""What both stubs have in common: tokens, throttling, failing on purpose, and the phone's operating system.

A real provider keeps a connection to every phone and answers the sender before the phone has anything. So here too:
a notification that was taken is kept, one a token, the newest, until the phone can be reached or it has expired.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from components.internal_http import server
from components.internal_http.client import RejectedError, UnreachableError
from components.wire.names import TRACEPARENT_PATTERN
from components.wire.pushes import Failure, IssuedToken, Platform, PushArrival, TokenRequest
from components.wire.traceparent import Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.push.installations import Installations
    from components.push.ports import Phones

log = logging.getLogger(__name__)

MAX_PER_SECOND = 5
"""Notifications a second that one token may get. The real figures are not published, and change."""

HANG_S = 10.0
REACH_AGAIN_S = 1.0
REMEMBERED_TOKENS = 10_000
_TRACEPARENT = re.compile(TRACEPARENT_PATTERN)


class Throttle:
    """Counts what each token gets within a second."""

    def __init__(self, per_second: int = MAX_PER_SECOND) -> None:
        self._per_second = per_second
        self._seconds: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def admits(self, token: str, now: float) -> bool:
        """Say whether the token may get one more in this second."""
        second, count = self._seconds.get(token, (0, 0))
        count = count + 1 if second == int(now) else 1
        self._seconds[token] = (int(now), count)
        self._seconds.move_to_end(token)
        if len(self._seconds) > REMEMBERED_TOKENS:
            self._seconds.popitem(last=False)
        return count <= self._per_second


class Failing:
    """Fails on purpose, for a number of notifications."""

    def __init__(self) -> None:
        self._failure = Failure("ok", 0)

    def set(self, failure: Failure) -> None:
        """Fail from now on so often."""
        self._failure = failure

    def take(self) -> str:
        """Give the way in which the next notification fails, `ok` if it does not."""
        mode, count = self._failure.mode, self._failure.count
        if count == 0:
            return "ok"
        self._failure = Failure(mode, count - 1)
        return mode


class Notification(msgspec.Struct, frozen=True):
    """What was taken for a phone. `expires_s` is a time since 1970, in seconds."""

    user: str
    collapse_id: str
    traceparent: str
    expires_s: float


class Stub:
    """A provider behind its public face. `private` is where phones and whoever breaks it call."""

    def __init__(  # noqa: PLR0913  the platform, its memory, and whom it reaches
        self,
        platform: Platform,
        installations: Installations,
        make_token: Callable[[], str],
        phones: Phones,
        *,
        secret: str,
        speed: float,
    ) -> None:
        self._platform = platform
        self._make_token = make_token
        self._phones = phones
        self._speed = speed
        self.installations = installations
        self.throttle = Throttle()
        self.failing = Failing()
        self._kept: dict[str, Notification] = {}
        self._news = asyncio.Event()
        self.private = server.application(secret)
        self.private.add_routes(
            [
                web.post("/tokens", self._issue),
                web.delete("/tokens/{user}/{device}", self._uninstalled),
                web.post("/fail", self._fail),
            ]
        )

    def accept(self, token: str, notification: Notification) -> None:
        """Keep a notification for its phone; it takes the place of an older one that has not been delivered."""
        self._kept[token] = notification
        self._news.set()

    async def run(self) -> None:
        """Deliver to phones until cancelled."""
        while True:
            # A real phone tells its provider when it has a network again; here the provider tries it now and then.
            wait_s = REACH_AGAIN_S / self._speed if self._kept else None
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), wait_s)
            self._news.clear()
            kept, self._kept = self._kept, {}
            left = await asyncio.gather(*(self._deliver(*each) for each in kept.items()))
            self._kept = {token: each for token, each in zip(kept, left, strict=True) if each} | self._kept

    async def _deliver(self, token: str, notification: Notification) -> Notification | None:
        """Hand a notification to the phone; give it back if it is to be kept."""
        if self.installations.owner(token) != notification.user:
            return None  # uninstalled meanwhile
        arrival = PushArrival(self._platform, notification.collapse_id, notification.traceparent)
        try:
            arrived = await self._phones.push(notification.user, arrival)
        except UnreachableError:
            arrived = False
        except RejectedError as exc:
            log.warning("a notification is dropped: %s", exc)
            return None
        return None if arrived or time.time() >= notification.expires_s else notification

    async def _issue(self, request: web.Request) -> web.Response:
        asked = await server.body_of(request, TokenRequest)
        return server.reply(IssuedToken(self.installations.issue(asked.user, asked.device, self._make_token)))

    async def _uninstalled(self, request: web.Request) -> web.Response:
        self.installations.forget(request.match_info["user"], request.match_info["device"])
        return server.reply(body=True)

    async def _fail(self, request: web.Request) -> web.Response:
        self.failing.set(await server.body_of(request, Failure))
        return server.reply(body=True)


async def hang() -> None:
    """Give no answer for longer than any caller waits."""
    await asyncio.sleep(HANG_S)


def traceparent_of(request: web.Request) -> str:
    """Take the trace context of a request, or begin one."""
    header = request.headers.get("traceparent", "")
    return header if _TRACEPARENT.match(header) else Trace.start().header
