"""A phone's way to the network: it can be cut, as in a tunnel, and it can change under a connection.

A cut says nothing to anybody. The socket stays open on both ends, bytes that the server writes go nowhere, and only the
phone's operating system knows. The phone's app is told by `lost` (NetInfo on a real phone); the server finds out when
it has heard nothing for too long.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection


class NoNetworkError(OSError):
    """There is no network: what every attempt to connect meets in a tunnel."""


class Network:
    """One phone's network. `lost` is set when the way that connections were made over is gone."""

    def __init__(self) -> None:
        self.reachable = True
        self.lost = asyncio.Event()
        self._abandoned: list[ClientConnection] = []

    def check(self) -> None:
        """Let a connection attempt pass.

        Raises:
            NoNetworkError: If there is no network.
        """
        if not self.reachable:
            raise NoNetworkError("no network")
        self.lost.clear()

    def cut(self) -> None:
        """Go into the tunnel."""
        self.reachable = False
        self.lost.set()

    def restore(self) -> None:
        """Come out of it. What was connected before is dead, and now the other end can be told."""
        self.reachable = True
        self._give_up()

    def switch(self) -> None:
        """Change from Wi-Fi to cellular: another address, so every connection over the old one is dead."""
        self.lost.set()

    def abandon(self, socket: ClientConnection) -> None:
        """Keep a dead connection's socket open and unread, as the kernel does, until there is a network again."""
        with suppress(RuntimeError):  # it may be closed or paused already
            socket.transport.pause_reading()
        self._abandoned.append(socket)

    def settled(self) -> None:
        """Take note that there is a new connection: the kernel gives up the dead ones."""
        self._give_up()

    def close(self) -> None:
        """Switch the phone off."""
        self._give_up()

    def _give_up(self) -> None:
        for socket in self._abandoned:
            socket.transport.abort()
        self._abandoned.clear()
