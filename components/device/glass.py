"""The control port of the phones' process: it stands for the fingers on the glass and for what happens to a phone."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from components.device.protocol import AppEvent, Link, Status
from components.internal_http import server
from components.internal_http.client import RejectedError
from components.machine import IllegalEventError
from components.wire.names import MAX_BODY_BYTES, conversation_of, is_user
from components.wire.pushes import PushArrival
from components.wire.traceparent import Trace

if TYPE_CHECKING:
    from components.device.fleet import Fleet
    from components.device.handset import Handset
    from components.device.phone import Phone
    from components.device.rows import Row

RANK = {Status.PENDING: 0, Status.SENT: 1, Status.DELIVERED: 2, Status.READ: 3, Status.FAILED: 4}
MAX_WAIT_S = 600.0

APP_ACTIONS = {
    "open": AppEvent.OPEN,
    "foreground": AppEvent.OPEN,
    "background": AppEvent.BACKGROUND,
    "kill": AppEvent.KILL,
    "uninstall": AppEvent.UNINSTALL,
}
ACTIONS = (*APP_ACTIONS, "reinstall", "tunnel-in", "tunnel-out", "wifi-to-cellular", "clock")


class SendRequest(msgspec.Struct):
    """A finger on `send`. `wait` is the status to wait for, for at most `timeout_s` seconds."""

    to: str
    text: str
    traceparent: str
    wait: Status = Status.PENDING
    timeout_s: float = 10.0


class ReadRequest(msgspec.Struct):
    """Opens the conversation with somebody."""

    peer: str
    traceparent: str


class LifeRequest(msgspec.Struct):
    """Something happens to the phone: one of `ACTIONS`; `argument` is the seconds of `clock`."""

    action: str
    argument: float = 0.0


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
    """A line of a conversation on the screen. `unread` if somebody else wrote it and the owner has not seen it."""

    seq: int | None
    message_id: str
    sender: str = msgspec.field(name="from")
    text: str
    status: Status
    conversation: str
    unread: bool = False


class PhoneState(msgspec.Struct):
    """A phone, seen from outside. `problem` says why it stays offline, if it does."""

    user: str
    link: Link
    server: str | None
    problem: str | None
    app: str
    platform: str
    network: str
    clock_offset_s: float


class Glass:
    """Serves the control port of a fleet."""

    def __init__(self, fleet: Fleet, secret: str) -> None:
        self._fleet = fleet
        self.app = server.application(secret)
        self.app.add_routes(
            [
                web.get("/phones", self._list),
                web.post("/phones/{user}/send", self._send),
                web.get("/phones/{user}/messages", self._messages),
                web.post("/phones/{user}/read", self._read),
                web.post("/phones/{user}/life", self._life),
                web.get("/phones/{user}/stats", self._stats),
                web.post("/phones/{user}/push", self._pushed),
                web.post("/probe", self._probe),
            ]
        )

    def _handset(self, request: web.Request) -> Handset:
        user = request.match_info["user"]
        handset = self._fleet.handsets.get(user)
        if handset is None:
            raise web.HTTPNotFound(text=f"no phone {user}")
        return handset

    def _phone(self, request: web.Request) -> Phone:
        """Give the running app.

        Raises:
            HTTPConflict: If the phone is out of order, or no app runs on it.
        """
        handset = self._handset(request)
        user = handset.user
        if user in self._fleet.problems:
            raise web.HTTPConflict(
                text=f"the phone of {user} is out of order and stays offline: {self._fleet.problems[user]}"
            )
        if handset.phone is None:
            raise web.HTTPConflict(
                text=f"the app of {user} is {handset.state}: open it with `workbench phone {user} "
                f"{'reinstall' if handset.state == 'uninstalled' else 'open'}`"
            )
        return handset.phone

    async def _list(self, request: web.Request) -> web.Response:
        """List the phones; with `wait_s`, once all are online or known to stay offline, or so many seconds later."""
        wait_s = float(request.query.get("wait_s", 0))
        if wait_s and self._fleet.starting:
            await asyncio.wait(self._fleet.starting, timeout=min(wait_s, MAX_WAIT_S))
        return server.reply([self._state(handset) for handset in self._fleet.handsets.values()])

    def _state(self, handset: Handset) -> PhoneState:
        phone = handset.phone
        return PhoneState(
            handset.user,
            phone.link if phone else Link.OFFLINE,
            phone.server if phone else None,
            self._fleet.problems.get(handset.user),
            handset.state.value,
            handset.platform,
            "up" if handset.network.reachable else "none",
            handset.clock_offset_s,
        )

    async def _messages(self, request: web.Request) -> web.Response:
        phone = self._phone(request)
        peer = request.query.get("with")
        rows = phone.messages(conversation_of(phone.user, peer) if peer else None)
        return server.reply([_shown(phone, row) for row in rows])

    async def _read(self, request: web.Request) -> web.Response:
        phone = self._phone(request)
        asked = await server.body_of(request, ReadRequest)
        if not is_user(asked.peer) or asked.peer == phone.user:
            raise web.HTTPUnprocessableEntity(text=f"a conversation is with another user, not {asked.peer!r}")
        return server.reply(await phone.read(asked.peer, Trace.parse(asked.traceparent)))

    async def _life(self, request: web.Request) -> web.Response:
        handset = self._handset(request)
        asked = await server.body_of(request, LifeRequest)
        if asked.action not in ACTIONS:
            raise web.HTTPUnprocessableEntity(text=f"no {asked.action!r}: there are {', '.join(ACTIONS)}")
        try:
            await self._act(handset, asked)
        except IllegalEventError:
            raise web.HTTPConflict(
                text=f"the app of {handset.user} is {handset.state}: it cannot {asked.action}"
            ) from None
        return server.reply(self._state(handset))

    async def _act(self, handset: Handset, asked: LifeRequest) -> None:
        match asked.action:
            case "reinstall":
                await self._fleet.reinstall(handset.user)
            case "tunnel-in" | "tunnel-out":
                handset.tunnel(inside=asked.action == "tunnel-in")
            case "wifi-to-cellular":
                handset.hand_over()
            case "clock":
                handset.set_clock(asked.argument)
            case action:
                await handset.happens(APP_ACTIONS[action])
                if action == "open":
                    self._fleet.enroll(handset)
                if action == "uninstall":
                    await self._fleet.uninstalled(handset)

    async def _stats(self, request: web.Request) -> web.Response:
        handset = self._handset(request)
        return server.reply(handset.meter.stats)

    async def _pushed(self, request: web.Request) -> web.Response:
        handset = self._handset(request)
        if handset.user in self._fleet.problems:
            raise web.HTTPConflict(text=f"the phone of {handset.user} is out of order")
        return server.reply(await self._fleet.pushed(handset, await server.body_of(request, PushArrival)))

    async def _send(self, request: web.Request) -> web.Response:
        phone = self._phone(request)
        asked = await server.body_of(request, SendRequest)
        if not is_user(asked.to) or asked.to == phone.user:
            raise web.HTTPUnprocessableEntity(text=f"a message goes to another user, not to {asked.to!r}")
        if not asked.text or len(asked.text.encode()) > MAX_BODY_BYTES:
            raise web.HTTPUnprocessableEntity(text=f"a message has 1 to {MAX_BODY_BYTES} bytes of text")
        return server.reply(await send_and_wait(phone, asked))

    async def _probe(self, request: web.Request) -> web.Response:
        """Let two phones that exist only for this exchange a real message."""
        asked = await server.body_of(request, ProbeRequest)
        handsets = [self._fleet.handset(user) for user in (asked.sender, asked.recipient)]
        try:
            for handset in handsets:
                await self._register(handset.load())
            for handset in handsets:
                await handset.happens(AppEvent.OPEN)
                await handset.load().online()
            wanted = SendRequest(
                asked.recipient, "probe", asked.traceparent, Status.DELIVERED, asked.timeout_s
            )
            return server.reply(await send_and_wait(handsets[0].load(), wanted))
        finally:
            for handset in handsets:
                await handset.switch_off()

    async def _register(self, phone: Phone) -> None:
        try:
            await self._fleet.register(phone)
        except RejectedError:
            raise web.HTTPConflict(
                text=f"the directory has another key for {phone.user}: put {phone.user}.sqlite3 back, or begin"
                " anew with `workbench reset`"
            ) from None


async def send_and_wait(phone: Phone, asked: SendRequest) -> SendResult:
    """Write a message, and wait until it has the status that was asked for."""
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


def _shown(phone: Phone, row: Row) -> ShownMessage:
    text = row.body.decode(errors="replace")
    unread = row.sender != phone.user and (row.seq or 0) > phone.read_up_to(row.conversation)
    return ShownMessage(row.seq, row.message_id, row.sender, text, row.status, row.conversation, unread)
