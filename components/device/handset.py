"""The phone that the app runs on: its operating system opens, suspends, wakes and kills the app, and owns the network.

What the app keeps in memory ends with the app; what is the phone's (its network, its clock, its push token, what its
owner pays for) goes on. iOS suspends an app soon after it left the screen, and its sockets with it; Android lets it
run longer and then, in Doze, keeps it from the network. Either way a push is the way back in.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from components.device.database import Database
from components.device.meter import Meter
from components.device.network import Network
from components.device.phone import Phone
from components.device.protocol import APP, AppEvent, AppState, Link
from components.trace.events import AppMoved, ClockMoved, NetworkMoved

if TYPE_CHECKING:
    from pathlib import Path

    from components.trace.journal import Journal
    from components.wire.pushes import Platform

SUSPEND_S = {"ios": 10.0, "android": 60.0}
"""How long an app that left the screen may go on, in seconds at speed 1. Apple grants seconds, Doze comes later."""

WATCH_S = 0.5
SIDE_FILES = ("", "-wal", "-shm")


class Handset:
    """One phone. `phone` is the app while it runs, else None."""

    def __init__(  # noqa: PLR0913  what a phone is
        self,
        user: str,
        platform: Platform,
        path: Path,
        balancer: str,
        journal: Journal,
        *,
        speed: float,
    ) -> None:
        self.user = user
        self.platform = platform
        self.network = Network()
        self.meter = Meter(speed)
        self.clock_offset_s = 0.0
        self.state = APP.initial
        self.phone: Phone | None = None
        self._path = path
        self._balancer = balancer
        self._journal = journal
        self._speed = speed
        self._database: Database | None = None
        self._running: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    # The app's life -------------------------------------------------------------------------------------------------

    def load(self) -> Phone:
        """Open the database and load the app, without connecting yet.

        Raises:
            sqlite3.DatabaseError: If the file is no database; it is left as it is.
        """
        if self.phone is None:
            self._database = Database(self._path, self.user, self._clock_ms)
            self.phone = Phone(
                self.user,
                self._database,
                self._balancer,
                self._journal,
                speed=self._speed,
                network=self.network,
                meter=self.meter,
            )
        return self.phone

    async def happens(self, event: AppEvent) -> None:
        """Let something happen to the app.

        Raises:
            IllegalEventError: If it cannot happen now, such as opening an app that is not installed.
        """
        before, after = self.state, APP.after(self.state, event)
        self.state = after
        self._journal.write(AppMoved(self.user, self.platform, before, event, after))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if after in (AppState.FOREGROUND, AppState.BACKGROUND):
            self._start()
        if after is AppState.BACKGROUND:
            self._timer = asyncio.get_running_loop().call_later(
                SUSPEND_S[self.platform] / self._speed, self._suspend_soon
            )
        if after is AppState.SUSPENDED:
            await self._halt(rude=True)
        if after in (AppState.CLOSED, AppState.UNINSTALLED):
            await self._halt(rude=True)
            self._unload()
        if after is AppState.UNINSTALLED:
            for ending in SIDE_FILES:
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def _start(self) -> None:
        phone = self.load()
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(phone.run())
        elif phone.link is not Link.ONLINE:
            phone.connection.retry_now()

    async def _halt(self, *, rude: bool) -> None:
        """Stop the app's work. A rude end closes nothing: the kernel tells the server, if it can."""
        running, self._running = self._running, None
        if running is None:
            return
        if self.phone is not None:
            self.phone.connection.rude = rude
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        if self.phone is not None:
            self.phone.connection.rude = False

    def _unload(self) -> None:
        if self._database is not None:
            self._database.close()
        self._database = self.phone = None

    def _suspend_soon(self) -> None:
        task = asyncio.ensure_future(self.happens(AppEvent.SUSPEND))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def pushed(self) -> None:
        """Take a push: the operating system wakes the app, which then fetches what there is."""
        self.meter.stats.pushes += 1
        if APP.knows(self.state, AppEvent.PUSH):
            await self.happens(AppEvent.PUSH)

    async def switch_off(self) -> None:
        """End the app in order, and the phone with it."""
        await self._halt(rude=False)
        self.network.close()
        self._unload()

    async def until_broken(self) -> None:
        """Wait until the app ends by a defect, and raise it; an app that was stopped on purpose is no defect."""
        while True:
            running = self._running
            if running is None or running.cancelled():
                await asyncio.sleep(WATCH_S)
            elif running.done():
                running.result()
                await asyncio.sleep(WATCH_S)
            else:
                await asyncio.wait({running}, timeout=WATCH_S)

    # The network and the clock --------------------------------------------------------------------------------------

    def tunnel(self, *, inside: bool) -> None:
        """Go into a tunnel, or come out of it."""
        if inside:
            self.network.cut()
        else:
            self.network.restore()
            self._retry_now()
        self._journal.write(NetworkMoved(self.user, "tunnel in" if inside else "tunnel out"))

    def hand_over(self) -> None:
        """Leave the Wi-Fi for the cellular network: connections over the old address are dead, and nobody says so."""
        self.network.switch()
        self._retry_now()
        self._journal.write(NetworkMoved(self.user, "wifi to cellular"))

    def set_clock(self, seconds: float) -> None:
        """Set the phone's clock forward, or back."""
        self.clock_offset_s += seconds
        self._journal.write(ClockMoved(self.user, self.clock_offset_s))

    def _retry_now(self) -> None:
        if self.phone is not None:
            self.phone.connection.retry_now()

    def _clock_ms(self) -> int:
        return time.time_ns() // 1_000_000 + int(1000 * self.clock_offset_s)
