"""Appends events to the run's journal, one line each, straight to the file.

One `os.write` on a descriptor opened with O_APPEND: the kernel takes the line whole or not at all as far as other
writers and a `kill -9` of this one are concerned, so several processes share the file without a lock and a killed
process takes nothing with it. A full disk can still tear a line; the next writer then begins with a line feed of
its own, so that the torn line damages no other, and the reader counts it. (The data reaches the disk when the
kernel likes: the journal is for watching a run, the databases are what must survive a power cut.)
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from components.trace.events import Event
    from components.wire.traceparent import Trace

Link = tuple[str, str]


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the journal.

    `t_ns` is CLOCK_MONOTONIC in nanoseconds, comparable between the processes of one machine. `link` is (from, to)
    on the one event that proves a hop between two boxes: the receiver's where the receiver is ours, otherwise the
    sender's once the engine has answered.
    """

    t_ns: int
    component: str
    kind: str
    facts: msgspec.Raw | dict[str, Any]
    step: int | None = None
    link: Link | None = None
    trace_id: str | None = None
    span_id: str | None = None
    parent_id: str | None = None


class Journal:
    """The writing end, for one component."""

    def __init__(self, path: Path, component: str, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._component = component
        self._clock_ns = clock_ns
        self._encoder = msgspec.json.Encoder()
        self._torn = False

    def write(self, event: Event, *, trace: Trace | None = None, link: Link | None = None) -> None:
        """Append one event.

        A journal that cannot be written (disk full) must not take the chat down with it: the loss is left to the
        reader to notice, and `torn` seals the broken line before the next one.
        """
        entry = Entry(
            t_ns=self._clock_ns(),
            component=self._component,
            kind=event.kind(),
            facts=msgspec.Raw(self._encoder.encode(event)),
            step=event.step,
            link=link,
            trace_id=trace.trace_id if trace else None,
            span_id=trace.span_id if trace else None,
            parent_id=trace.parent_id if trace else None,
        )
        line = self._encoder.encode(entry) + b"\n"
        if self._torn:
            line = b"\n" + line
        try:
            written = os.write(self._fd, line)
        except OSError:
            self._torn = True
            return
        self._torn = written != len(line)

    def seal(self) -> None:
        """Begin the next line anew: the one before may be torn."""
        self._torn = True

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._fd)
