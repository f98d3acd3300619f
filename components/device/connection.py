"""The phone's connection manager (walkthrough step 4a): connect, prove who it is, heartbeat, notice death, back off.

The states and what moves between them are the table `CONNECTION`; this shell feeds it. The socket may be dead at any
moment without anybody saying so, so silence counts: after a heartbeat something must be heard.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import websockets
from websockets.asyncio.client import ClientConnection, connect

from components.device.login import authenticate
from components.device.protocol import CONNECTION, Link, LinkEvent, backoff_bound, backoff_delay
from components.trace.events import ConnectionChanged, ConnectionSilent, ReconnectScheduled
from components.wire import codec
from components.wire.frames import Ping
from components.wire.names import MAX_FRAME_BYTES, SUBPROTOCOL

if TYPE_CHECKING:
    from nacl.signing import SigningKey

    from components.device.meter import Meter
    from components.device.network import Network
    from components.trace.journal import Journal
    from components.wire.frames import ClientFrame, Welcome

OPEN_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 0.3
REPLACED = 4409

STABLE_S = 10.0
"""A connection that lasted so long was a good one: the next wait begins at the bottom again. Seconds at speed 1."""

PONG_WAIT_S = 10.0
"""How long after a heartbeat silence is death, in seconds at speed 1. Mobile networks stall for seconds."""


class App(Protocol):
    """What the connection manager tells the app."""

    async def welcomed(self, welcome: Welcome) -> None:
        """The phone is online."""

    async def take(self, text: str | bytes) -> None:
        """A frame came."""

    async def disconnected(self) -> None:
        """The phone is no longer online."""

    async def moved(self) -> None:
        """The state changed."""


class ConnectionManager:
    """Keeps one phone connected. `run` it as a task; `retry_now` cuts a wait short."""

    def __init__(  # noqa: PLR0913  who connects where, over what
        self,
        user: str,
        key: SigningKey,
        balancer: str,
        app: App,
        journal: Journal,
        *,
        network: Network,
        meter: Meter,
        speed: float,
    ) -> None:
        self._user = user
        self._key = key
        self._balancer = balancer
        self._app = app
        self._journal = journal
        self._network = network
        self._meter = meter
        self._speed = speed
        self.link = CONNECTION.initial
        self.server: str | None = None
        self.rude = False
        self._socket: ClientConnection | None = None
        self._hurry = asyncio.Event()
        self._doubt = asyncio.Event()
        self._sent_at = self._heard_at = 0.0

    async def run(self) -> None:
        """Stay connected, for ever, until cancelled."""
        attempt = 0
        await self._move(LinkEvent.OPEN)
        try:
            while True:
                stable = await self._connect_once()
                if self.link is Link.OFFLINE:
                    return
                attempt = 0 if stable or self._hurry.is_set() else attempt
                await self._wait(attempt)
                attempt += 1
                await self._move(LinkEvent.TIMER)
        finally:
            if CONNECTION.knows(self.link, LinkEvent.CLOSE):
                await self._move(LinkEvent.CLOSE)

    async def _wait(self, attempt: int) -> None:
        if self._hurry.is_set():
            self._hurry.clear()
            return
        delay = backoff_delay(attempt, self._speed, random.uniform)
        bound = backoff_bound(attempt, self._speed)
        self._journal.write(ReconnectScheduled(self._user, attempt, delay, bound))
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._hurry.wait()
        self._hurry.clear()

    def retry_now(self) -> None:
        """End a wait: the phone's operating system says that there is a network again."""
        self._hurry.set()

    def doubt(self) -> None:
        """Send a heartbeat now: an answer is late."""
        self._doubt.set()

    async def transmit(self, frame: ClientFrame) -> bool:
        """Send a frame; False if there is no connection. True says only that it was written to a socket."""
        socket = self._socket
        if socket is None or self._network.lost.is_set():
            return False
        text = codec.encode(frame)
        try:
            await socket.send(text)
        except websockets.ConnectionClosed:
            return False
        self._sent_at = _now()
        self._meter.sent(len(text), self._sent_at)
        return True

    async def _connect_once(self) -> bool:
        """Connect and stay until the connection is lost; say whether it was up for long enough to be called stable."""
        began: float | None = None
        socket: ClientConnection | None = None
        try:
            self._network.check()
            socket = await self._open()
            await self._move(LinkEvent.SOCKET_OPEN)
            welcome = await authenticate(socket, self._user, self._key)
            self._socket, self.server = socket, welcome.server
            began = self._heard_at = self._sent_at = _now()
            self._meter.connected(began)
            self._network.settled()
            self._hurry.clear()
            await self._move(LinkEvent.WELCOME)
            await self._stay(socket, welcome)
            await self._move(LinkEvent.LOST)
        except websockets.ConnectionClosed as exc:
            replaced = exc.rcvd is not None and exc.rcvd.code == REPLACED
            await self._move(LinkEvent.REPLACED if replaced else LinkEvent.LOST)
        except (OSError, TimeoutError, websockets.WebSocketException):
            await self._move(LinkEvent.LOST)
        finally:
            self._socket, self.server = None, None
            if socket is not None:
                await self._let_go(socket)
            await self._app.disconnected()
        return began is not None and _now() - began >= STABLE_S / self._speed

    async def _open(self) -> ClientConnection:
        return await connect(
            f"{self._balancer}/connect?user={self._user}",
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # a NewType of str
            compression=None,
            max_size=2 * MAX_FRAME_BYTES,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            proxy=None,
        )

    async def _let_go(self, socket: ClientConnection) -> None:
        """Close the socket if somebody can hear it; in a tunnel nobody does."""
        if self._network.lost.is_set():
            self._network.abandon(socket)
        elif self.rude:
            socket.transport.abort()
        else:
            await socket.close()

    async def _stay(self, socket: ClientConnection, welcome: Welcome) -> None:
        """Read until the connection ends, in whichever way: closed, silent, or the network gone from under it."""
        reading = asyncio.create_task(self._read(socket))
        beating = asyncio.create_task(self._heartbeat(socket, welcome.heartbeat_s))
        losing = asyncio.create_task(self._network.lost.wait())
        try:
            await self._app.welcomed(welcome)
            await asyncio.wait({reading, losing}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
        finally:
            for task in (reading, beating, losing):
                task.cancel()
            await asyncio.gather(reading, beating, losing, return_exceptions=True)

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            self._heard_at = _now()
            self._meter.received(len(text), self._heard_at)
            await self._app.take(text)
        raise websockets.ConnectionClosedOK(socket.protocol.close_rcvd, socket.protocol.close_sent)

    async def _heartbeat(self, socket: ClientConnection, interval_s: float) -> None:
        """Send a heartbeat when nothing was sent for an interval, or at once in doubt; then something must come."""
        while True:
            due_s = self._sent_at + interval_s - _now()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(due_s, 0.0)):
                    await self._doubt.wait()
            if not self._doubt.is_set() and self._sent_at + interval_s > _now():
                continue  # something else was sent meanwhile: that is as good as a heartbeat
            self._doubt.clear()
            asked = _now()
            await self.transmit(Ping())
            await asyncio.sleep(PONG_WAIT_S / self._speed)
            if self._heard_at < asked:
                self._journal.write(ConnectionSilent(self._user, _now() - self._heard_at))
                socket.transport.abort()
                return

    async def _move(self, event: LinkEvent) -> None:
        before, self.link = self.link, CONNECTION.after(self.link, event)
        self._journal.write(ConnectionChanged(self._user, before, event, self.link))
        await self._app.moved()


def _now() -> float:
    return asyncio.get_running_loop().time()
