"""A WebSocket connection that defends itself against what the library leaves to the application."""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import websockets
from aiolimiter import AsyncLimiter
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from components.wire import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_UNSENT_BYTES = 1024 * 1024
"""What may wait for a reader that does not read. Beyond it the connection is dropped, not the messages: they are in
the store."""

MAX_IDLE_FRAMES_A_SECOND = 50
"""Control frames and empty fragments a second: an honest phone sends one ping in 30 s."""


MAX_SENDS, SENDS_PERIOD_S = 1000, 10
"""Sends that a device may make in a burst, and the seconds in which it earns as many again. A phone that empties its
outbox after a tunnel stays below. A device that reconnects begins anew; where that is abused the bucket belongs into
Redis, at the price of a round trip a message."""


class Connection(ServerConnection):
    """Counts frames that carry nothing, and closes with 1008 when they become a flood.

    `on_refused` is told why a handshake came to nothing: the library calls no handler for such a connection.
    """

    def __init__(self, *args: Any, on_refused: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._on_refused = on_refused
        self._window_began = 0.0
        self._idle_frames = 0
        self.flooded = False
        self.unsent_bytes = 0
        self._sends = AsyncLimiter(MAX_SENDS, SENDS_PERIOD_S)
        self.user = ""
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Mark that what the phone sent is being worked on."""
        self._at_rest.clear()
        try:
            yield
        finally:
            self._at_rest.set()

    async def may_send(self) -> bool:
        """Count one more send; False, and not counted, if that is over the device's rate."""
        if not self._sends.has_capacity():
            return False
        await self._sends.acquire()
        return True

    async def rests(self, timeout_s: float) -> bool:
        """Wait until nothing that the phone sent is being worked on; say whether that came in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._at_rest.wait()
        except TimeoutError:
            return False
        return True

    async def handshake(self, *args: Any, **kwargs: Any) -> None:
        """Shake hands, and tell if it failed."""
        try:
            await super().handshake(*args, **kwargs)
        except asyncio.CancelledError:
            if self.server.is_serving():  # otherwise the server is stopping, and nobody was refused
                self._on_refused("no handshake in time")
            raise
        if self.response is None:
            self._on_refused("no WebSocket handshake")
        elif self.response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            self._on_refused(f"{self.response.status_code} {self.response.reason_phrase}")

    def process_event(self, event: Any) -> None:
        """Look at every frame before the library does."""
        if isinstance(event, Frame) and self._carries_nothing(event) and self._is_flood():
            if not self.flooded:
                self.flooded = True
                self.protocol.fail(errors.FLOOD.close or 1008, errors.FLOOD.name)
                self.send_data()
            return
        super().process_event(event)

    @staticmethod
    def _carries_nothing(frame: Frame) -> bool:
        if frame.opcode in (Opcode.PING, Opcode.PONG):
            return True
        return not frame.data and frame.opcode is not Opcode.CLOSE

    def _is_flood(self) -> bool:
        now = self.loop.time()
        if now - self._window_began > 1:
            self._window_began, self._idle_frames = now, 0
        self._idle_frames += 1
        return self._idle_frames > MAX_IDLE_FRAMES_A_SECOND

    @property
    def too_slow(self) -> bool:
        """Whether the last push found so much unsent that the connection was dropped."""
        return self.unsent_bytes > MAX_UNSENT_BYTES

    def push(self, text: str) -> bool:
        """Write a message without waiting for the peer; say whether the connection took it.

        `broadcast` writes to the transport at once, so frames leave in the order of the calls and no task a
        connection is needed. The price is that nothing slows the caller down, hence the bound.
        """
        self.unsent_bytes = self.transport.get_write_buffer_size()
        if self.too_slow:
            self.protocol.fail(errors.SLOW_READER.close or 1013, errors.SLOW_READER.name)
            self.transport.abort()
            return False
        websockets.broadcast([self], text)
        return self.state is websockets.State.OPEN
