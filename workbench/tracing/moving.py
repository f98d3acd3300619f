"""Follows phones from one chat server to the next, by what the journal says. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from components.device.protocol import Link

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.tracing.journal import Seen

OF_A_PHONE = {
    "connection_changed",
    "reconnect_scheduled",
    "connect_directed",
    "route_registered",
    "route_removed",
    "connection_drained",
}
OF_A_SERVER = {"server_health_changed": "server", "component_started": "name", "component_exited": "name"}


class Move(msgspec.Struct):
    """A phone that lost its server: where it went, after how many milliseconds without one, in how many attempts.

    `to` is None as long as it has none.
    """

    phone: str
    before: str = msgspec.field(name="from")
    to: str | None = None
    ms: float | None = None
    attempts: int = 0


class Moves:
    """Follows phones that are connected to one server. Push events in the order of their clocks."""

    def __init__(self, server: str, phones: Iterable[str]) -> None:
        self._server = server
        self._moves = {phone: Move(phone, server) for phone in phones}
        self._lost_ns: dict[str, int] = {}
        self._directed: dict[str, str] = {}
        self._gone: set[str] = set()

    def push(self, event: Seen) -> bool:
        """Take an event in; say whether it tells of this server or of one of these phones."""
        if event.kind in OF_A_SERVER:
            return bool(event.facts[OF_A_SERVER[event.kind]] == self._server)
        if event.kind == "server_draining":
            return event.component == self._server
        move = self._moves.get(event.facts.get("user", "")) if event.kind in OF_A_PHONE else None
        if move is None:
            return False
        if event.kind in ("connect_directed", "route_registered"):
            self._directed[move.phone] = event.facts["server"]
        elif event.kind == "connection_changed":
            self._changed(move, event)
        return True

    def _changed(self, move: Move, event: Seen) -> None:
        before, after = event.facts["before"], event.facts["after"]
        if before == Link.ONLINE:
            self._lost_ns.setdefault(move.phone, event.t_ns)
        if after == Link.OFFLINE:
            self._gone.add(move.phone)
        if move.phone not in self._lost_ns or move.to is not None:
            return
        if after == Link.CONNECTING:
            move.attempts += 1
            self._gone.discard(move.phone)
        elif after == Link.ONLINE:
            move.to = self._directed.get(move.phone)
            move.ms = round((event.t_ns - self._lost_ns[move.phone]) / 1e6, 1)

    @property
    def all(self) -> list[Move]:
        """Every phone that was connected there."""
        return list(self._moves.values())

    @property
    def waiting(self) -> list[str]:
        """The phones that have no server yet. One that went offline of its own accord looks for none."""
        return [each.phone for each in self.all if each.to is None and each.phone not in self._gone]
