"""What polling and heartbeats cost: the arithmetic on what was measured. Pure."""

from __future__ import annotations

from statistics import median

import msgspec

from workbench.experiments.counting import Counts

DAY_S = 86_400
FLEET = 100_000_000
"""The walkthrough's concurrent phones."""


class Spent(msgspec.Struct, frozen=True):
    """What one way of waiting for news cost: `times` exchanges that fall due every `every_s` seconds. Measured."""

    every_s: float
    times: int
    counts: Counts
    took_ms: float

    @property
    def bytes_each(self) -> float:
        """Bytes of one exchange, both directions."""
        return (self.counts.sent_bytes + self.counts.received_bytes) / self.times

    @property
    def a_day(self) -> float:
        """How often it falls due in a day, and wakes the radio."""
        return DAY_S / self.every_s

    @property
    def bytes_a_day(self) -> float:
        """Bytes of a day without any news."""
        return self.a_day * self.bytes_each

    @property
    def fleet_a_second(self) -> float:
        """Exchanges a second of a hundred million phones."""
        return FLEET / self.every_s

    @property
    def fleet_bytes_a_second(self) -> float:
        """Bytes a second of a hundred million phones."""
        return self.fleet_a_second * self.bytes_each


class Delivery(msgspec.Struct, frozen=True):
    """One message, in milliseconds: pushed to the screen since the tap, and the request of the poll that fetched it."""

    message_id: str
    seq: int
    push_ms: float
    poll_ms: float


class Known(msgspec.Struct, frozen=True):
    """How long until the client knows, in milliseconds: medians of what was measured, and half an interval."""

    push_ms: float
    poll_request_ms: float
    poll_wait_ms: float

    @property
    def poll_ms(self) -> float:
        """A poll's wait and its request."""
        return self.poll_wait_ms + self.poll_request_ms


def due(minutes: float, every_s: float) -> int:
    """Count how often something falls due in so many minutes."""
    return int(minutes * 60 / every_s)


def known(deliveries: list[Delivery], interval_s: float) -> Known:
    """Sum up. A message is written at any moment between two polls, so on average it waits for half of the interval."""
    return Known(
        median(each.push_ms for each in deliveries),
        median(each.poll_ms for each in deliveries),
        interval_s * 1000 / 2,
    )


def in_words(size: float) -> str:
    """Write a number of bytes with a decimal unit."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:  # noqa: PLR2004  what rounds to three digits keeps its unit
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def explanation(polling: Spent, heartbeat: Spent, deliveries: list[Delivery]) -> str:
    """Say what the figures mean, and what they leave out."""
    times = known(deliveries, polling.every_s)
    return (
        f"Polling cost {polling.bytes_a_day / heartbeat.bytes_a_day:.3g} times the bytes and"
        f" {polling.a_day / heartbeat.a_day:.3g} times the wake-ups of heartbeats, and news waits"
        f" {times.poll_wait_ms / 1000:g} s on average, because only the client may speak first."
        f" Heartbeats cost too: {heartbeat.a_day:,.0f} wake-ups a day, so real clients stretch them and let traffic"
        " stand for them. Long polling is the middle way: the server holds a request until there is news, so it is"
        " about as quick as push, but every piece of news and every time-out costs a new request."
    )
