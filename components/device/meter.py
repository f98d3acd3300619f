"""Counts what a phone's owner pays for: bytes over the air, and how often the radio had to wake up. Pure."""

from __future__ import annotations

import msgspec

RADIO_TAIL_S = 5.0
"""After traffic the radio stays awake for a few seconds (3GPP calls it the tail); traffic within them wakes nothing."""

_SHORT, _MEDIUM = 126, 65_536
MASK_BYTES = 4


def frame_bytes(payload: int, *, masked: bool) -> int:
    """Give the size of a WebSocket frame with so many bytes of payload (RFC 6455 section 5.2)."""
    header = 2 if payload < _SHORT else 4 if payload < _MEDIUM else 10
    return header + (MASK_BYTES if masked else 0) + payload


class Stats(msgspec.Struct):
    """Counts since the phone was switched on. Bytes are those of WebSocket frames, without TCP, IP and handshakes."""

    bytes_sent: int = 0
    bytes_received: int = 0
    frames_sent: int = 0
    frames_received: int = 0
    wake_ups: int = 0
    connects: int = 0
    reconnects: int = 0
    syncs: int = 0
    pushes: int = 0


class Meter:
    """Counts one phone's traffic; the caller tells the time, in seconds."""

    def __init__(self, speed: float) -> None:
        self.stats = Stats()
        self._tail_s = RADIO_TAIL_S / speed
        self._last: float | None = None

    def sent(self, payload: int, now: float) -> None:
        """Count a frame that was sent."""
        self.stats.frames_sent += 1
        self.stats.bytes_sent += frame_bytes(payload, masked=True)
        self._radio(now)

    def received(self, payload: int, now: float) -> None:
        """Count a frame that came."""
        self.stats.frames_received += 1
        self.stats.bytes_received += frame_bytes(payload, masked=False)
        self._radio(now)

    def connected(self, now: float) -> None:
        """Count a connection; every one but the first is a reconnect."""
        self.stats.reconnects += self.stats.connects > 0
        self.stats.connects += 1
        self._radio(now)

    def _radio(self, now: float) -> None:
        if self._last is None or now - self._last > self._tail_s:
            self.stats.wake_ups += 1
        self._last = now
