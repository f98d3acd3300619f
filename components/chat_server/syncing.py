"""Serves a phone that comes back: pages of what it missed, from the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.internal_http.client import RejectedError, UnreachableError
from components.trace.events import EngineUnavailable, GapClosed, SyncServed
from components.wire import codec, errors
from components.wire.errors import WireError
from components.wire.frames import Message, Receipt, Synced
from components.wire.records import SyncRequest
from components.wire.traceparent import Trace, continued

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from components.chat_server.ports import Notifications, Store
    from components.trace.journal import Journal
    from components.wire.frames import ServerFrame, Sync
    from components.wire.records import StoredMessage, SyncPage

PAGE = 100
"""Messages a page. A phone that is lost in mid-page repeats at most so many."""

GAP_BOUND_S = 60.0
"""How long a number may be missing before it is closed, in seconds at speed 1: twice what a phone needs to repeat a
send after its longest backoff would be safer and slower; a receiver waits for it no longer than this."""


class Syncing:
    """Answers `sync` frames of one server's connections."""

    def __init__(
        self, server: str, store: Store, notifications: Notifications, journal: Journal, *, speed: float
    ) -> None:
        self._server = server
        self._store = store
        self._notifications = notifications
        self._journal = journal
        self._gap_ms = int(1000 * GAP_BOUND_S / speed)

    async def serve(self, sync: Sync, user: str, device: str, send: Callable[[str], Awaitable[None]]) -> None:
        """Send one page, each frame once the connection has room for it.

        Raises:
            WireError: If the store does not answer; the phone asks again.
        """
        trace = continued(sync.traceparent)
        try:
            page = await self._store.sync(SyncRequest(user, sync.cursors, PAGE, self._gap_ms))
        except (UnreachableError, RejectedError) as exc:
            raise WireError(errors.UNAVAILABLE, type(exc).__name__) from exc
        self._journal.write(
            SyncServed(user, len(page.messages), len(page.receipts), page.more),
            trace=trace,
            link=(self._server, "store"),
        )
        for conversation, seqs in page.closed.items():
            self._journal.write(GapClosed(conversation, seqs), trace=trace)
        for frame in _frames(page, trace):
            await send(codec.encode(frame))
        if not page.more:
            await self._tell_synced(user, device)

    async def _tell_synced(self, user: str, device: str) -> None:
        """Tell the notification service that the next message needs a new push."""
        try:
            await self._notifications.synced(user, device)
        except (UnreachableError, RejectedError) as exc:
            self._journal.write(EngineUnavailable("push", str(exc), 1))


def _frames(page: SyncPage, trace: Trace) -> list[ServerFrame]:
    frames: list[ServerFrame] = [_message(row) for row in page.messages]
    frames += [
        Receipt(each.conversation, each.seq, each.status, trace.header, each.user) for each in page.receipts
    ]
    return [*frames, Synced(page.upto, page.closed, page.more, trace.header)]


def _message(row: StoredMessage) -> Message:
    # The message's own trace goes on; one that was stored before traces were kept begins a new one.
    trace = continued(row.traceparent) if row.traceparent else Trace.start()
    return Message(
        message_id=row.message_id,
        conversation=row.conversation,
        seq=row.seq,
        epoch=row.epoch,
        sender=row.sender,
        scheme="plain",
        body=row.body,
        traceparent=trace.header,
    )
