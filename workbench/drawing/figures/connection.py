"""Step 4a: a phone's connection manager, drawn from the table that it runs; lit by a phone instead of a message.

The walkthrough's tree is in it: connect, succeed, register, heartbeat; or fail, back off, try again, and fetch what was
missed. A new state in the table has no place here and fails loudly; a new transition is drawn if its kind has a way.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from components.device.protocol import BACKOFF_CAP_S, CONNECTION, Link, LinkEvent, backoff_bound
from workbench.cluster.plan import HEARTBEAT_S
from workbench.drawing.model import Look
from workbench.drawing.sketch import Sketch, carrying, phone_of, shorten

if TYPE_CHECKING:
    from workbench.drawing.comings import Connecting
    from workbench.drawing.model import Figure

MEANS = {
    Link.OFFLINE: "closed, or replaced",
    Link.CONNECTING: "opens a WebSocket",
    Link.AUTHENTICATING: "signs a challenge",
    Link.ONLINE: "registered, in sync",
}
SAYS = {LinkEvent.OPEN: "the app opens", LinkEvent.WELCOME: "success"}
"""The walkthrough's words behind those of the table."""

_X, _WIDTH, _HEIGHT, _STEP, _FIRST = 20, 24, 6, 9, 8
_RIGHT, _WAIT_X, _WAIT_WIDTH = _X + _WIDTH - 1, 58, 22
_BUS = {LinkEvent.CLOSE: 0, LinkEvent.REPLACED: 2}
WAITS = 6
"""So many of the delays that were drawn are listed, the newest."""


def connection(lit: Connecting | None = None) -> Figure:
    """Draw every state and transition of the table; of a phone, how often each was taken, and when last."""
    return _Drawing(lit).figure()


class _Drawing:
    def __init__(self, lit: Connecting | None) -> None:
        self._lit = lit
        self._sketch = Sketch(lit.hops if lit else ())
        line: list[Link] = [state for state, _event, _then in CONNECTION]
        self._line = [state for state in dict.fromkeys(line) if state is not Link.BACKOFF]
        self._top: dict[Link, int] = {
            state: _FIRST + _STEP * (place - 1) if place else 0 for place, state in enumerate(self._line)
        }

    def figure(self) -> Figure:
        sketch, lit = self._sketch, self._lit
        for state, top in self._top.items():
            height = _HEIGHT - 1 if top == 0 else _HEIGHT
            sketch.box(state, _X, top, _WIDTH, height, state.upper(), MEANS[state])
        last = max(self._top.values())
        sketch.box(
            Link.BACKOFF, _WAIT_X, _FIRST, _WAIT_WIDTH, last + _HEIGHT - _FIRST, *self._waits(last - _FIRST)
        )
        for state, event, then in CONNECTION:
            self._transition(state, event, then)
        self._once_online(last + _HEIGHT - 1)
        return sketch.finish(
            "connection",
            "states",
            "The connection manager" if lit is None else f"The connection of {phone_of(lit.user, 45)}",
            "A phone connects, proves who it is and stays; when it fails or is cut off it backs off and tries again.",
            *self._notes(),
        )

    def _waits(self, room: int) -> list[str]:
        speed = self._lit.speed if self._lit else 1.0
        bounds = [backoff_bound(0, speed)]
        while bounds[-1] < BACKOFF_CAP_S / speed:
            bounds.append(backoff_bound(len(bounds), speed))
        lines = [Link.BACKOFF.upper(), "full jitter: wait", "between 0 and"]
        lines += textwrap.wrap(", ".join(f"{bound:g}" for bound in bounds) + " s", _WAIT_WIDTH - 2)
        lines.append("then the cap again")
        if self._lit and self._lit.waits:
            newest = self._lit.waits[-min(WAITS, room - len(lines)) :]
            earlier = len(self._lit.waits) - len(newest)
            lines += ["drawn, of at most:"]
            lines += [f"({earlier} earlier)"] if earlier else []
            lines += [f"{wait.delay_s:.2f} s of {wait.bound_s:g} s" for wait in newest]
        return lines

    def _transition(self, state: Link, event: LinkEvent, then: Link) -> None:
        count, last_s = self._lit.taken.get((state, event), (0, 0.0)) if self._lit else (0, 0.0)
        says = f"{event} ×{count}" if count else str(event)
        when = f"{last_s:.1f} s" if count else ""
        if count:
            self._sketch.touch(state, then)
        if then is Link.OFFLINE:
            self._to_offline(state, event, says, when, lit=bool(count))
        elif then is Link.BACKOFF:
            row = self._top[state] + 3
            self._link(
                state,
                then,
                (_RIGHT, row),
                (_WAIT_X - 1, row),
                says=says,
                label=(_RIGHT + 2, row - 1),
                lit=count,
            )
            self._sketch.label(_RIGHT + 2, row + 1, when)
        elif state is Link.BACKOFF:
            row = self._top[then] + 1
            self._link(
                state,
                then,
                (_WAIT_X, row),
                (_RIGHT + 1, row),
                says=says,
                label=(_RIGHT + 2, row - 1),
                lit=count,
            )
        else:
            self._onward(state, event, then, says, when)

    def _onward(self, state: Link, event: LinkEvent, then: Link, says: str, when: str) -> None:
        """One state down the line, which is how it should be."""
        middle, bottom = _X + _WIDTH // 2, self._top[then] - 1
        start = bottom - 3
        self._sketch.link(
            state,
            then,
            (middle, start),
            (middle, bottom),
            says=says,
            label=(_X, start + 1) if self._lit and event is LinkEvent.SOCKET_OPEN else None,
            room=_WIDTH // 2 - 2,
            carries=carrying("connect_directed") if event is LinkEvent.SOCKET_OPEN else None,
            lit=bool(when),
        )
        self._sketch.label(middle + 2, start + 1, says, Look.LIT if when else Look.PLAIN)
        meaning = SAYS.get(event, "")
        self._sketch.label(
            middle + 2, start + 2, f"last at {when}" if when else meaning if not self._lit else ""
        )

    def _to_offline(self, state: Link, event: LinkEvent, says: str, when: str, *, lit: bool) -> None:
        if state is Link.OFFLINE:
            points = [(_RIGHT, 1), (_RIGHT + 4, 1), (_RIGHT + 4, 2), (_RIGHT + 1, 2)]
            self._link(state, Link.OFFLINE, *points, says=says, label=(_RIGHT + 6, 1), lit=lit)
        elif state is Link.BACKOFF:
            column = _WAIT_X + _WAIT_WIDTH // 2
            points = [(column, _FIRST), (column, 3), (_RIGHT + 1, 3)]
            self._link(state, Link.OFFLINE, *points, says=says, label=(_RIGHT + 10, 4), lit=lit)
            self._sketch.label(_RIGHT + 10, 5, when)
        else:
            bus, row = _BUS[event], self._top[state] + (1 if event is LinkEvent.CLOSE else 4)
            entry = 1 if event is LinkEvent.CLOSE else 3
            points = [(_X, row), (bus, row), (bus, entry), (_X - 1, entry)]
            self._link(state, Link.OFFLINE, *points, says=says, label=(4, row - 1), lit=lit)
            self._sketch.label(4, row + 1, when)

    def _link(
        self,
        state: Link,
        then: Link,
        *points: tuple[int, int],
        says: str,
        label: tuple[int, int],
        lit: int,
    ) -> None:
        self._sketch.link(state, then, *points, says=says, label=label, lit=bool(lit))

    def _once_online(self, bottom: int) -> None:
        sketch, lit = self._sketch, self._lit
        beat_s = HEARTBEAT_S / (lit.speed if lit else 1.0)
        top = bottom + 4
        sketch.box("register", 1, top, 24, 4, "registered in Redis", "user → server")
        sketch.box("heartbeat", 27, top, 24, 4, f"heartbeat every {beat_s:g} s", "then silence is death")
        sketch.box(
            "sync",
            53,
            top,
            26,
            4,
            "sync of what was missed",
            f"×{lit.syncs}, {lit.pages} pages, {shorten(str(lit.messages), 4)} msgs"
            if lit
            else "all after the cursors",
        )
        sketch.link(
            Link.ONLINE,
            "register",
            (23, bottom),
            (23, bottom + 2),
            (12, bottom + 2),
            (12, bottom + 3),
            says="by the server, before success",
            label=(1, bottom + 1),
            room=21,
            carries=carrying("route_registered"),
        )
        sketch.link(Link.ONLINE, "heartbeat", (32, bottom), (32, bottom + 3), says="as long as it lasts")
        sketch.link(
            Link.ONLINE,
            "sync",
            (41, bottom),
            (41, bottom + 2),
            (66, bottom + 2),
            (66, bottom + 3),
            says="first of all",
            label=(43, bottom + 1),
            room=36,
            carries=carrying("sync_served", "sync_finished"),
        )

    def _notes(self) -> list[str]:
        lit = self._lit
        if lit is None:
            return [
                "The bound doubles up to the cap; the wait is drawn below it, so that a fleet does not return at once."
            ]
        notes = ["×n: how often it was taken; below it, in which second of the run last."]
        if lit.waits:
            drawn, most = sum(wait.delay_s for wait in lit.waits), sum(wait.bound_s for wait in lit.waits)
            notes.append(
                f"Waits drawn: {len(lit.waits)}, {drawn:.2f} s in all, of {most:.2f} s that it could have been."
            )
        if lit.speed != 1.0:
            notes.append(f"At speed {lit.speed:g}: seconds of the clock on the wall.")
        return notes
