"""All simulated phones of a run in one process: they are switched on, registered, and kept apart."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import TYPE_CHECKING

from nacl.exceptions import CryptoError

from components.device.handset import Handset
from components.device.login import DEVICE
from components.device.protocol import APP, AppEvent, AppState
from components.internal_http.client import RejectedError, UnreachableError
from components.trace.events import KeyReplaced, PhoneDisabled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from components.device.phone import Phone
    from components.device.ports import Registry
    from components.device.push_handler import PushHandler
    from components.trace.journal import Journal
    from components.wire.pushes import Platform, PushArrival

log = logging.getLogger(__name__)

REGISTER_RETRY_S = 0.1
STARTING_AT_ONCE = 20
"""Phones that are switched on at the same time; nobody opens two thousand apps in the same instant."""

PLATFORMS: tuple[Platform, Platform] = ("ios", "android")


class Fleet:
    """The phones, each with a database of its own. `problems` says why a phone stays offline, if one does."""

    def __init__(  # noqa: PLR0913  what every phone is given
        self,
        users: Sequence[str],
        folder: Path,
        balancer: str,
        registry: Registry,
        journal: Journal,
        *,
        speed: float,
        platforms: Mapping[str, Platform] | None = None,
        push: PushHandler | None = None,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._balancer, self._journal, self._speed = folder, balancer, journal, speed
        self._registry = registry
        self._push = push
        self._running: asyncio.TaskGroup | None = None
        self.users = users
        self.problems: dict[str, str] = {}
        self._door = asyncio.Semaphore(STARTING_AT_ONCE)
        self.starting: list[asyncio.Task[None]] = []
        self.handsets = {
            user: self.handset(user, (platforms or {}).get(user, PLATFORMS[number % len(PLATFORMS)]))
            for number, user in enumerate(users)
        }

    def handset(self, user: str, platform: Platform = PLATFORMS[0]) -> Handset:
        """Make a phone of this fleet; it is switched off."""
        return Handset(
            user,
            platform,
            self._folder / f"{user}.sqlite3",
            self._balancer,
            self._journal,
            speed=self._speed,
        )

    def _load(self, user: str, handset: Handset) -> Phone | None:
        try:
            return handset.load()
        except (sqlite3.DatabaseError, CryptoError) as exc:
            self._disable(user, f"its database {user}.sqlite3 cannot be used ({exc})")
            return None

    def _disable(self, user: str, problem: str) -> None:
        self.problems[user] = problem
        self._journal.write(PhoneDisabled(user, problem))
        log.warning("the phone of %s stays offline: %s", user, problem)

    def phone(self, user: str) -> Phone | None:
        """Give the app of a user's phone while it runs."""
        handset = self.handsets.get(user)
        return handset.phone if handset is not None and user not in self.problems else None

    async def run(self) -> None:
        """Register and connect every phone, and keep them running until cancelled.

        A phone whose identity is of no use is noted and stays offline; the others do not depend on it.

        Raises:
            ExceptionGroup: If a phone fails in a way that nobody foresaw. Then the box should end.
        """
        async with asyncio.TaskGroup() as running:
            self._running = running
            self.starting = [
                running.create_task(self._start(handset, running)) for handset in self.handsets.values()
            ]

    async def _start(self, handset: Handset, running: asyncio.TaskGroup) -> None:
        async with self._door:
            phone = self._load(handset.user, handset)
            if phone is None:
                return
            try:
                await self.register(phone)
            except RejectedError:
                self._disable(handset.user, "the directory has another key for this name")
                return
            self.enroll(handset)
            if handset.state is AppState.CLOSED:
                await handset.happens(AppEvent.OPEN)
            running.create_task(handset.until_broken())
            await phone.online()

    async def register(self, phone: Phone, *, replace: bool = False) -> None:
        """Register a phone's key, however long the directory takes.

        Raises:
            RejectedError: If the name is bound to another key.
        """
        while True:
            try:
                await self._registry.register(phone.user, DEVICE, phone.public_key, replace=replace)
            except UnreachableError:
                await asyncio.sleep(REGISTER_RETRY_S)
            else:
                return

    async def reinstall(self, user: str) -> None:
        """Install the app anew: an empty database, another identity key, which the directory takes for the old one.

        Raises:
            IllegalEventError: If the app is installed.
        """
        handset = self.handsets[user]
        APP.after(handset.state, AppEvent.REINSTALL)
        await self.register(handset.load(), replace=True)
        self._journal.write(KeyReplaced(user))
        await handset.happens(AppEvent.REINSTALL)
        self.enroll(handset)

    def enroll(self, handset: Handset) -> None:
        """Let the app ask for its push token, as on every launch, without waiting for it."""
        if self._push is not None and self._running is not None:
            self._running.create_task(self._push.enroll(handset.user, handset.platform))

    async def uninstalled(self, handset: Handset) -> None:
        """Take note that the app is gone: its push token dies with it."""
        if self._push is not None:
            await self._push.uninstalled(handset.user, handset.platform)

    async def pushed(self, handset: Handset, arrival: PushArrival) -> bool:
        """Take a push; False if it cannot reach the phone now."""
        return self._push is not None and await self._push.arrived(handset, arrival)

    async def close(self) -> None:
        """Switch the phones off."""
        await asyncio.gather(*(handset.switch_off() for handset in self.handsets.values()))
