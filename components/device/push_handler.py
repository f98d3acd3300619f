"""What a phone has to do with push: it gets a token, tells the directory, and is woken."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from components.device.login import DEVICE
from components.internal_http.client import RejectedError, UnreachableError
from components.trace.events import PushArrived, TokenRegistered
from components.wire.pushes import PROVIDERS, Platform, PushArrival, PushToken
from components.wire.traceparent import continued

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.device.handset import Handset
    from components.device.ports import OperatingSystem, TokenRegistry
    from components.trace.journal import Journal

log = logging.getLogger(__name__)

RETRY_S = 0.2
LAST_RETRY_S = 5.0


class PushHandler:
    """Serves all phones of a fleet; `systems` maps a platform to what its operating system knows."""

    def __init__(
        self, systems: Mapping[Platform, OperatingSystem], registry: TokenRegistry, journal: Journal
    ) -> None:
        self._systems = systems
        self._registry = registry
        self._journal = journal

    async def enroll(self, user: str, platform: Platform) -> None:
        """Get the token of this installation and tell the directory, however long the two take to answer.

        An app does so on every launch: its token may have changed. A phone works without it and is only not woken.
        """
        wait_s = RETRY_S
        while True:
            try:
                token = await self._systems[platform].issue(user, DEVICE)
                new = await self._registry.register_push_token(PushToken(user, DEVICE, platform, token))
            except UnreachableError:
                await asyncio.sleep(wait_s)
                wait_s = min(LAST_RETRY_S, 2 * wait_s)
            except RejectedError as exc:
                log.warning("the phone of %s gets no push token: %s", user, exc)
                return
            else:
                if new:
                    self._journal.write(TokenRegistered(user, DEVICE, platform))
                return

    async def uninstalled(self, user: str, platform: Platform) -> None:
        """Let the operating system tell its provider that the app is gone; the directory learns it from a 410."""
        try:
            await self._systems[platform].uninstalled(user, DEVICE)
        except (UnreachableError, RejectedError) as exc:
            log.warning("the provider still takes %s's app for installed: %s", user, exc)

    async def arrived(self, handset: Handset, arrival: PushArrival) -> bool:
        """Take a notification; False if it cannot reach the phone."""
        if not handset.network.reachable:
            return False
        self._journal.write(
            PushArrived(handset.user, arrival.platform, arrival.collapse_id),
            trace=continued(arrival.traceparent),
            link=(PROVIDERS[arrival.platform], handset.user),
        )
        await handset.pushed()
        return True
