"""Trace context in the W3C form, carried by every frame, Kafka header and internal request.

Source: W3C Trace Context, section 3.2 (`traceparent`).
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = "traceparent"


def random_span_id() -> str:
    """Draw a span id: 16 hex digits."""
    return secrets.token_hex(8)


class Trace(msgspec.Struct, frozen=True):
    """One span of one message's journey.

    `trace_id` (32 hex digits) is the same on every hop, `span_id` (16) names this stretch of work and `parent_id`
    the one that caused it. Following parents gives cause and effect without comparing any clock.
    """

    trace_id: str
    span_id: str
    parent_id: str | None = None

    @classmethod
    def start(cls) -> Trace:
        """Begin a trace; the finger on the glass does this."""
        return cls(secrets.token_hex(16), random_span_id())

    @classmethod
    def parse(cls, header: str) -> Trace:
        """Read a `traceparent` that was already checked against its pattern.

        Raises:
            ValueError: If it has not four fields.
        """
        _version, trace_id, span_id, _flags = header.split("-")
        return cls(trace_id, span_id)

    @property
    def header(self) -> str:
        """This span as a `traceparent`, for what it causes elsewhere. Always marked as sampled."""
        return f"00-{self.trace_id}-{self.span_id}-01"

    def child(self, span_ids: Callable[[], str] = random_span_id) -> Trace:
        """Begin a span caused by this one."""
        return Trace(self.trace_id, span_ids(), self.span_id)


def continued(header: str) -> Trace:
    """Begin a span caused by the sender of `header`."""
    return Trace.parse(header).child()
