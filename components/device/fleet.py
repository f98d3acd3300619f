"""All simulated phones of a run in one process, and the control port that stands for the fingers on their glass."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web
from nacl.exceptions import CryptoError

from components.device.database import Database
from components.device.login import DEVICE
from components.device.phone import Phone
from components.device.protocol import Link, Status
from components.internal_http import server
from components.internal_http.client import RejectedError, UnreachableError
from components.trace.events import PhoneDisabled
from components.wire.names import MAX_BODY_BYTES, conversation_of, is_user
from components.wire.traceparent import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from components.device.database import Row
    from components.device.ports import Registry
    from components.trace.journal import Journal

log = logging.getLogger(__name__)

RANK = {Status.PENDING: 0, Status.SENT: 1, Status.DELIVERED: 2, Status.READ: 3, Status.FAILED: 4}
REGISTER_RETRY_S = 0.1
MAX_WAIT_S = 600.0


class SendRequest(msgspec.Struct):
    """A finger on `send`. `wait` is the status to wait for, for at most `timeout_s` seconds."""

    to: str
    text: str
    traceparent: str
    wait: Status = Status.PENDING
    timeout_s: float = 10.0


class ProbeRequest(msgspec.Struct):
    """Asks for one message between two phones of the workbench's own."""

    sender: str
    recipient: str
    traceparent: str
    timeout_s: float = 10.0


class SendResult(msgspec.Struct):
    """What the phone shows. `ms` maps a status to the milliseconds from the tap until it was reached."""

    message_id: str
    conversation: str
    seq: int | None
    status: Status
    trace_id: str
    ms: dict[str, float]
    error: str | None = None
    detail: str | None = None


class ShownMessage(msgspec.Struct):
    """A line of a conversation on the screen."""

    seq: int | None
    message_id: str
    sender: str = msgspec.field(name="from")
    text: str
    status: Status
    conversation: str


class PhoneState(msgspec.Struct):
    """A phone, seen from outside. `problem` says why it stays offline, if it does."""

    user: str
    link: Link
    server: str | None
    problem: str | None = None


class Fleet:
    """Runs phones, each with a database of its own, and serves the control port."""

    def __init__(  # noqa: PLR0913  what every phone is given
        self,
        users: Sequence[str],
        folder: Path,
        balancer: str,
        registry: Registry,
        journal: Journal,
        *,
        secret: str,
        speed: float,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._balancer, self._journal, self._speed = folder, balancer, journal, speed
        self._registry = registry
        self._users = users
        self._databases: dict[str, Database] = {}
        self._phones: dict[str, Phone] = {}
        self._problems: dict[str, str] = {}
        for user in users:
            self._open(user)
        self._starting: list[asyncio.Task[None]] = []
        self.app = server.application(secret)
        self.app.add_routes(
            [
                web.get("/phones", self._list),
                web.post("/phones/{user}/send", self._send),
                web.get("/phones/{user}/messages", self._messages),
                web.post("/probe", self._probe),
            ]
        )

    def _open(self, user: str) -> None:
        try:
            database = self._databases[user] = Database(self._folder / f"{user}.sqlite3", user)
            self._phones[user] = Phone(user, database, self._balancer, self._journal, speed=self._speed)
        except (sqlite3.DatabaseError, CryptoError) as exc:
            self._disable(user, f"its database {user}.sqlite3 cannot be used ({exc})")

    def _disable(self, user: str, problem: str) -> None:
        self._problems[user] = problem
        self._journal.write(PhoneDisabled(user, problem))
        log.warning("the phone of %s stays offline: %s", user, problem)

    async def run(self) -> None:
        """Register and connect every phone, and keep them running until cancelled.

        A phone whose identity is of no use is noted and stays offline; the others do not depend on it.

        Raises:
            ExceptionGroup: If a phone fails in a way that nobody foresaw. Then the box should end.
        """
        async with asyncio.TaskGroup() as running:
            self._starting = [
                running.create_task(self._start(phone, running)) for phone in self._phones.values()
            ]

    async def _start(self, phone: Phone, running: asyncio.TaskGroup) -> None:
        try:
            await self._register(phone.user, phone.public_key)
        except RejectedError:
            self._disable(phone.user, "the directory has another key for this name")
            return
        running.create_task(phone.run())
        await phone.online()

    async def _register(self, user: str, public_key: bytes) -> None:
        while True:
            try:
                await self._registry.register(user, DEVICE, public_key)
            except UnreachableError:
                await asyncio.sleep(REGISTER_RETRY_S)
            else:
                return

    def close(self) -> None:
        """Close the databases, once `run` has ended."""
        for database in self._databases.values():
            database.close()

    def _phone(self, request: web.Request) -> Phone:
        user = request.match_info["user"]
        phone = self._phones.get(user)
        if phone is not None:
            return phone
        if user in self._problems:
            raise web.HTTPConflict(text=f"the phone of {user} is out of order: {self._problems[user]}")
        raise web.HTTPNotFound(text=f"no phone {user}")

    async def _list(self, request: web.Request) -> web.Response:
        """List the phones; with `wait_s`, once all are online or known to stay offline, or so many seconds later."""
        wait_s = float(request.query.get("wait_s", 0))
        if wait_s and self._starting:
            await asyncio.wait(self._starting, timeout=min(wait_s, MAX_WAIT_S))
        return server.reply([self._state(user) for user in self._users])

    def _state(self, user: str) -> PhoneState:
        phone = self._phones.get(user)
        link, there = (phone.link, phone.server) if phone else (Link.OFFLINE, None)
        return PhoneState(user, link, there, self._problems.get(user))

    async def _messages(self, request: web.Request) -> web.Response:
        phone = self._phone(request)
        peer = request.query.get("with")
        rows = phone.messages(conversation_of(phone.user, peer) if peer else None)
        return server.reply([_shown(row) for row in rows])

    async def _send(self, request: web.Request) -> web.Response:
        phone = self._phone(request)
        asked = await server.body_of(request, SendRequest)
        if not is_user(asked.to) or asked.to == phone.user:
            raise web.HTTPUnprocessableEntity(text=f"a message goes to another user, not to {asked.to!r}")
        if not asked.text or len(asked.text.encode()) > MAX_BODY_BYTES:
            raise web.HTTPUnprocessableEntity(text=f"a message has 1 to {MAX_BODY_BYTES} bytes of text")
        if phone.user in self._problems:
            raise web.HTTPConflict(
                text=f"the phone of {phone.user} stays offline: {self._problems[phone.user]}"
            )
        return server.reply(await self._send_and_wait(phone, asked))

    async def _probe(self, request: web.Request) -> web.Response:
        """Let two phones that exist only for this exchange a real message."""
        asked = await server.body_of(request, ProbeRequest)
        databases = [
            Database(self._folder / f"{user}.sqlite3", user) for user in (asked.sender, asked.recipient)
        ]
        phones = [
            Phone(user, database, self._balancer, self._journal, speed=self._speed)
            for user, database in zip((asked.sender, asked.recipient), databases, strict=True)
        ]
        for phone in phones:
            try:
                await self._register(phone.user, phone.public_key)
            except RejectedError:
                raise web.HTTPConflict(
                    text=f"the directory has another key for {phone.user}: put {phone.user}.sqlite3 back, or begin"
                    " anew with `workbench reset`"
                ) from None
        running = [asyncio.create_task(phone.run()) for phone in phones]
        wanted = SendRequest(asked.recipient, "probe", asked.traceparent, Status.DELIVERED, asked.timeout_s)
        try:
            for phone in phones:
                await phone.online()
            return server.reply(await self._send_and_wait(phones[0], wanted))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            for database in databases:
                database.close()

    async def _send_and_wait(self, phone: Phone, asked: SendRequest) -> SendResult:
        began = time.monotonic_ns()
        trace = Trace.parse(asked.traceparent)
        ms: dict[str, float] = {}
        row = await phone.send(asked.to, asked.text, trace)
        try:
            async with asyncio.timeout(min(asked.timeout_s, MAX_WAIT_S)), phone.changed:
                while True:
                    row = phone.message(row.message_id) or row
                    for status in (Status.SENT, Status.DELIVERED, Status.READ):
                        if RANK[status] <= RANK[row.status] < RANK[Status.FAILED]:
                            ms.setdefault(status.value, round((time.monotonic_ns() - began) / 1e6, 3))
                    if RANK[row.status] >= RANK[asked.wait]:
                        break
                    await phone.changed.wait()
        except TimeoutError:
            row = phone.message(row.message_id) or row
        failure = phone.failure(row.message_id)
        return SendResult(
            row.message_id,
            row.conversation,
            row.seq,
            row.status,
            trace.trace_id,
            ms,
            failure.name if failure else None,
            failure.detail if failure else None,
        )


def _shown(row: Row) -> ShownMessage:
    text = row.body.decode(errors="replace")
    return ShownMessage(row.seq, row.message_id, row.sender, text, row.status, row.conversation)
