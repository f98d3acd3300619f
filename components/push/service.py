"""The notification service: takes wakes, looks up tokens, asks providers, and keeps an account of it."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import deque
from typing import TYPE_CHECKING

from aiohttp import web

from components.internal_http import server
from components.push.protocol import Dead, Joined, Pushes, Verdict
from components.trace.events import (
    EngineUnavailable,
    PushImpossible,
    PushJoined,
    PushRefused,
    PushRequested,
    PushSent,
    TokenRemoved,
)
from components.wire.pushes import Attempt, Synced, WakeRequest
from components.wire.traceparent import Trace, continued

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.push.ports import Provider, Tokens
    from components.push.protocol import Answer, Push
    from components.trace.journal import Journal
    from components.wire.pushes import PushToken, Wake

MAX_WAITING = 10_000
"""Wakes that may wait for the directory. More are answered with 503, and the worker comes again."""

LANES = 8
REMEMBERED = 500
FIRST_RETRY_S = 0.05
LAST_RETRY_S = 2.0


class PushService:
    """Serves `/wake`, `/synced` and `/log`; `run` does the work."""

    def __init__(  # noqa: PLR0913  the boxes it talks to
        self,
        name: str,
        *,
        tokens: Tokens,
        providers: Mapping[str, Provider],
        journal: Journal,
        secret: str,
        speed: float,
        unavailable: tuple[type[Exception], ...],
    ) -> None:
        self._name = name
        self._tokens = tokens
        self._providers = providers
        self._journal = journal
        self._unavailable = unavailable
        self._pushes = Pushes(speed)
        self._waiting: dict[str, list[tuple[Wake, Trace]]] = {}
        self._count = 0
        self._users: asyncio.Queue[str] = asyncio.Queue()
        self._log: deque[Attempt] = deque(maxlen=REMEMBERED)
        self._running: asyncio.TaskGroup | None = None
        self.app = server.application(secret)
        self.app.add_routes(
            [
                web.post("/wake", self._wake),
                web.post("/synced", self._synced),
                web.get("/log", self._show_log),
            ]
        )

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            ExceptionGroup: If something fails in a way that nobody foresaw. Then the box should end.
        """
        async with asyncio.TaskGroup() as self._running:
            for _ in range(LANES):
                self._running.create_task(self._serve())

    async def _wake(self, request: web.Request) -> web.Response:
        asked = await server.body_of(request, WakeRequest)
        if self._count + len(asked.wakes) > MAX_WAITING:
            raise web.HTTPServiceUnavailable(text="too many wakes are waiting")
        for wake in asked.wakes:
            trace = continued(wake.traceparent)
            self._journal.write(
                PushRequested(wake.user, wake.conversation, wake.seq),
                trace=trace,
                link=(asked.worker, self._name),
            )
            if wake.user not in self._waiting:
                self._waiting[wake.user] = []
                self._users.put_nowait(wake.user)
            self._waiting[wake.user].append((wake, trace))
            self._count += 1
        return server.reply(body=True)

    async def _synced(self, request: web.Request) -> web.Response:
        synced = await server.body_of(request, Synced)
        self._pushes.synced(synced.user, synced.device)
        return server.reply(body=True)

    async def _show_log(self, _request: web.Request) -> web.Response:
        return server.reply(list(self._log))

    async def _serve(self) -> None:
        while True:
            user = await self._users.get()
            tokens = await self._look_up(user)
            # Whatever came meanwhile is served by the same look at the directory.
            wakes = self._waiting.pop(user)
            self._count -= len(wakes)
            for wake, trace in wakes:
                if not tokens:
                    self._journal.write(PushImpossible(user), trace=trace)
                for token in tokens:
                    await self._decide(token, wake, trace)

    async def _look_up(self, user: str) -> list[PushToken]:
        attempt = 0
        while True:
            try:
                return await self._tokens.push_tokens(user)
            except self._unavailable as exc:
                attempt += 1
                self._journal.write(EngineUnavailable("directory", str(exc), attempt))
                await asyncio.sleep(min(LAST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempt, 6)))

    async def _decide(self, token: PushToken, wake: Wake, trace: Trace) -> None:
        assert self._running is not None  # noqa: S101  `run` calls this
        match self._pushes.wake(token, str(uuid.uuid4()), time.monotonic()):
            case Joined(push_id):
                self._journal.write(
                    PushJoined(push_id, wake.user, token.device, wake.conversation, wake.seq), trace=trace
                )
                row = next((each for each in reversed(self._log) if each.push == push_id), None)
                if row is not None:
                    row.joined += 1
            case Dead():
                await self._remove(token, "dead before", trace)
            case push:
                self._running.create_task(self._send(push, self._begin(push), token, trace))

    def _begin(self, push: Push) -> Attempt:
        row = Attempt(time.monotonic_ns(), push.id, push.user, push.device, push.platform, push.attempt)
        self._log.append(row)
        return row

    async def _send(self, first: Push, row: Attempt, token: PushToken, trace: Trace) -> None:
        push = first
        while True:
            span = trace.child()
            answer = await self._providers[push.platform].push(push, span.header)
            retry_s = self._pushes.answered(push, answer, random.random())
            row.outcome, row.status = answer.verdict.value, answer.status
            row.reason, row.retry_s = answer.reason, retry_s
            self._note(push, answer, retry_s, span)
            if answer.verdict is Verdict.DEAD:
                await self._remove(token, answer.reason, span)
            if retry_s is None:
                return
            await asyncio.sleep(retry_s)
            again = self._pushes.due(push, time.monotonic())
            if again is None:
                return
            push, row = again, self._begin(again)

    def _note(self, push: Push, answer: Answer, retry_s: float | None, trace: Trace) -> None:
        where = (push.id, push.user, push.device, push.platform, push.attempt)
        if answer.verdict is Verdict.TAKEN:
            link = (self._name, self._providers[push.platform].name)
            self._journal.write(PushSent(*where), trace=trace, link=link)
        else:
            self._journal.write(PushRefused(*where, answer.status, answer.reason, retry_s), trace=trace)

    async def _remove(self, token: PushToken, reason: str, trace: Trace) -> None:
        # If the directory is away the token stays there. It is known as dead here, and the next wake removes it.
        try:
            removed = await self._tokens.remove_push_token(token.token)
        except self._unavailable as exc:
            self._journal.write(EngineUnavailable("directory", str(exc), 1))
            return
        if removed:
            self._journal.write(TokenRemoved(token.user, token.device, token.platform, reason), trace=trace)
