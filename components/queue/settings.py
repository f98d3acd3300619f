"""How the clients treat the two kinds of broker, with the measurements behind it."""

from __future__ import annotations

import msgspec


class QueueSettings(msgspec.Struct, frozen=True):
    """Where the broker is and how long its clients wait. Times in milliseconds."""

    bootstrap: str
    topic: str
    group: str
    fetch_max_wait_ms: int
    session_timeout_ms: int
    heartbeat_interval_ms: int


def embedded(bootstrap: str, topic: str, group: str) -> QueueSettings:
    """Suit Tansu.

    It answers a fetch only after about half of the longest wait, whatever arrives, so the wait is the latency: 20 ms
    costs about 4 % of a core a consumer. A group join takes half the session timeout in steps of a second, so 2 s
    joins in about 1 s; below that its rebalances are broken (two members owned the same partitions).
    """
    return QueueSettings(
        bootstrap, topic, group, fetch_max_wait_ms=20, session_timeout_ms=2000, heartbeat_interval_ms=500
    )


def real(bootstrap: str, topic: str, group: str) -> QueueSettings:
    """Suit Apache Kafka: it answers a long poll as soon as a record arrives, so a long wait costs nothing."""
    return QueueSettings(
        bootstrap, topic, group, fetch_max_wait_ms=500, session_timeout_ms=10_000, heartbeat_interval_ms=3000
    )
