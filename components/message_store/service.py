"""The store's server: HTTP in, group commit underneath.

All writes that arrive while a commit is under way share the next one: one fsync serves many callers, and nobody is
answered before the disk has it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from aiohttp import web

from components.internal_http import server
from components.message_store.engine import Engine
from components.wire.records import AwaitNumber, LogRead, Stored, StoreMessages, StoreReceipt, SyncRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_PAGE = 500
MAX_WAITING = 1000

Work = tuple["Callable[[], Any]", "asyncio.Future[Any]"]


class StoreService:
    """Serves one SQLite file. All of its statements run on one thread, so the event loop never waits for the disk."""

    def __init__(self, path: Path, secret: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._path = path
        self._engine: Engine
        self._waiting: list[Work] = []
        self._committing: asyncio.Task[None] | None = None
        self.app = server.application(secret)
        self.app.add_routes(
            [
                web.post("/messages", self._insert),
                web.get("/messages", self._messages),
                web.get("/head", self._head),
                web.post("/receipts", self._receipt),
                web.post("/sync", self._sync),
                web.post("/awaited", self._await_number),
                web.post("/progress", self._log_was_read),
            ]
        )

    async def open(self) -> None:
        """Open the file.

        Raises:
            sqlite3.Error: If it is no database, or cannot be written.
        """
        self._engine = await self._run(Engine, self._path)

    async def close(self) -> None:
        """Finish what was accepted, and close the file."""
        if self._committing:
            await self._committing
        await self._run(self._engine.close)
        self._thread.shutdown()

    async def _insert(self, request: web.Request) -> web.Response:
        batch = await server.body_of(request, StoreMessages)
        return server.reply(
            Stored(await self._write(lambda: self._engine.insert(batch.messages, batch.traceparents)))
        )

    async def _receipt(self, request: web.Request) -> web.Response:
        receipt = await server.body_of(request, StoreReceipt)
        return server.reply(await self._write(lambda: self._engine.raise_receipt(receipt)))

    async def _sync(self, request: web.Request) -> web.Response:
        asked = await server.body_of(request, SyncRequest)
        if not 0 < asked.limit <= MAX_PAGE:
            raise web.HTTPUnprocessableEntity(text=f"limit is 1 to {MAX_PAGE}")
        return server.reply(await self._write(lambda: self._engine.sync(asked)))

    async def _messages(self, request: web.Request) -> web.Response:
        query = request.query
        limit = min(int(query.get("limit", MAX_PAGE)), MAX_PAGE)
        rows = await self._run(
            self._engine.messages, query["conversation"], int(query.get("after", 0)), limit
        )
        return server.reply(rows)

    async def _head(self, request: web.Request) -> web.Response:
        query = request.query
        send = (query["user"], query["device"], query["client_msg_id"]) if "client_msg_id" in query else None
        return server.reply(await self._run(self._engine.head, query["conversation"], send))

    async def _await_number(self, request: web.Request) -> web.Response:
        asked = await server.body_of(request, AwaitNumber)
        return server.reply(
            await self._write(lambda: self._engine.await_number(asked.conversation, asked.seq))
        )

    async def _log_was_read(self, request: web.Request) -> web.Response:
        progress = await server.body_of(request, LogRead)
        await self._run(self._engine.log_was_read, progress)
        return server.reply(body=True)

    async def _run(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)

    async def _write(self, work: Callable[[], Any]) -> Any:
        if len(self._waiting) >= MAX_WAITING:
            raise web.HTTPServiceUnavailable(text="too many writes are waiting")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_waiting())
        return await future

    async def _commit_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                answers = await self._run(self._commit_batch, [work for work, _ in batch])
            except sqlite3.Error as exc:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(web.HTTPServiceUnavailable(text=f"{type(exc).__name__}: {exc}"))
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        self._committing = None

    def _commit_batch(self, batch: list[Callable[[], Any]]) -> list[Any]:
        self._engine.begin()
        try:
            answers = [work() for work in batch]
            self._engine.commit()
        except sqlite3.Error:
            self._engine.rollback()
            raise
        return answers
