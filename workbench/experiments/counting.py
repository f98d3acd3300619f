"""A socket that counts what passes through it, for clients of the standard library and of asyncio alike."""

from __future__ import annotations

import asyncio
import http.client
import socket
from typing import Any

import msgspec

CONNECT_TIMEOUT_S = 5.0


class Counts(msgspec.Struct, frozen=True):
    """Calls that sent something, and bytes in both directions as the application sees them: no TCP or IP headers."""

    sends: int
    sent_bytes: int
    received_bytes: int

    def since(self, earlier: Counts) -> Counts:
        """Give what came on top."""
        return Counts(
            self.sends - earlier.sends,
            self.sent_bytes - earlier.sent_bytes,
            self.received_bytes - earlier.received_bytes,
        )


class CountingSocket(socket.socket):
    """A TCP socket. Uvloop reads and writes past Python's socket, so only asyncio's own loop may use it."""

    def __init__(self) -> None:
        super().__init__(socket.AF_INET, socket.SOCK_STREAM)
        self.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sends = self._sent = self._received = 0

    @property
    def counts(self) -> Counts:
        """What has passed so far."""
        return Counts(self._sends, self._sent, self._received)

    def send(self, data: Any, *args: Any) -> int:
        """Send, and count what the kernel took."""
        return self._count(super().send(data, *args))

    def sendall(self, data: Any, *args: Any) -> None:
        """Send everything, and count it as one."""
        super().sendall(data, *args)
        self._count(len(data))

    def sendmsg(self, *args: Any) -> int:
        """Send, and count what the kernel took."""
        return self._count(super().sendmsg(*args))

    def recv(self, *args: Any) -> bytes:
        """Receive, and count."""
        data = super().recv(*args)
        self._received += len(data)
        return data

    def recv_into(self, *args: Any) -> int:
        """Receive, and count."""
        size = super().recv_into(*args)
        self._received += size
        return size

    def _count(self, size: int) -> int:
        self._sends += 1
        self._sent += size
        return size


class CountingHTTPConnection(http.client.HTTPConnection):
    """An HTTP connection over a counting socket, kept alive between requests."""

    counted: CountingSocket

    def connect(self) -> None:
        """Connect.

        Raises:
            OSError: If nobody listens.
        """
        self.counted = CountingSocket()
        self.counted.settimeout(CONNECT_TIMEOUT_S)
        self.counted.connect((self.host, self.port))
        self.sock = self.counted


async def connected(host: str, port: int) -> CountingSocket:
    """Connect a counting socket for asyncio.

    Raises:
        OSError: If nobody listens.
    """
    sock = CountingSocket()
    sock.setblocking(False)  # noqa: FBT003  the standard library's signature
    try:
        await asyncio.get_running_loop().sock_connect(sock, (host, port))
    except OSError:
        sock.close()
        raise
    return sock
