"""The run and its boxes: who came up, who ended."""

from __future__ import annotations

from components.trace.events.base import Event


class RunStarted(Event, frozen=True):
    """The first event of a run. `wall_s` is Unix time at this event's `t_ns`, which maps one clock to the other."""

    run: str
    wall_s: float
    speed: float
    seed: int
    version: str


class ComponentStarted(Event, frozen=True):
    """A box came up and listens."""

    name: str
    box: str
    pid: int
    endpoint: str


class ComponentExited(Event, frozen=True):
    """A box's process ended. A negative exit code is the number of the signal that ended it."""

    name: str
    exit_code: int
    expected: bool


class RunStopped(Event, frozen=True):
    """The run ended in order."""

    run: str
