"""Reads the store for a phone that comes back: what it missed, in order, a page at a time.

The queue of a device is no table of its own: it is the rows behind its mark. What is not acknowledged stays, what is
acknowledged is past, and the two cannot disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.message_store.schema import COLUMNS
from components.wire.records import StoredMessage, StoreReceipt, SyncPage

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from components.wire.records import SyncRequest

PAGE_BYTES = 256 * 1024
"""Bodies of one page, about; more would wait in the server's memory for a phone on a slow link."""


def messages(database: sqlite3.Connection, conversation: str, after: int, limit: int) -> list[StoredMessage]:
    """Read a slice of a partition in clustering order: seq > `after`, at most `limit` rows."""
    rows = database.execute(
        f"SELECT {COLUMNS} FROM messages WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?",  # noqa: S608  a constant
        (conversation, after, limit),
    )
    return [StoredMessage(*row) for row in rows]


def page(
    database: sqlite3.Connection, request: SyncRequest, now_ms: int, log_read_ms: int | None
) -> SyncPage:
    """Give the next page for a phone, and close gaps that nobody filled in time."""
    late_ms = None if log_read_ms is None else min(now_ms, log_read_ms) - request.gap_ms
    found: list[StoredMessage] = []
    closed: dict[str, list[int]] = {}
    upto: dict[str, int] = {}
    size = 0
    more = False
    for conversation, highest in _conversations(database, request.user):
        upto[conversation] = highest
        cursor = request.cursors.get(conversation, 0)
        if more or highest <= cursor:
            continue
        rows = messages(database, conversation, cursor, request.limit - len(found) + 1)
        taken: list[StoredMessage] = []
        for row in rows:
            if len(found) + len(taken) >= request.limit or (taken and size >= PAGE_BYTES):
                more = True
                break
            taken.append(row)
            size += len(row.body)
        if gone := _closed(database, conversation, cursor, taken, late_ms, now_ms):
            closed[conversation] = gone
        found += taken
    return SyncPage(found, _receipts(database, list(upto)), closed, upto, more)


def _conversations(database: sqlite3.Connection, user: str) -> list[tuple[str, int]]:
    return database.execute(
        "SELECT members.conversation, max(messages.seq) FROM members JOIN messages USING (conversation)"
        " WHERE members.user = ? GROUP BY members.conversation ORDER BY members.conversation",
        (user,),
    ).fetchall()


def _closed(  # noqa: PLR0913, PLR0917  where, what is there, and since when it is too late
    database: sqlite3.Connection,
    conversation: str,
    cursor: int,
    taken: Sequence[StoredMessage],
    late_ms: int | None,
    now_ms: int,
) -> list[int]:
    """Name the numbers between the cursor and the last row that will never be a message's.

    A number that is missing although the next one has been stored for long was taken by a server that died before the
    log had it. Its phone may still repeat it, so there is time for that; then it is closed, once and for all phones.
    `late_ms` is the time up to which a neighbour must have been stored; the log was read beyond it by the whole bound,
    so the missing message is not on it, and its server acknowledges nothing as old as that any more.
    """
    if not taken:
        return []
    there = {row.seq for row in taken}
    missing = [seq for seq in range(cursor + 1, taken[-1].seq) if seq not in there]
    if not missing:
        return []
    late = database.execute(
        "SELECT max(seq) FROM messages WHERE conversation = ? AND seq <= ? AND stored_ms <= ?",
        (conversation, taken[-1].seq, late_ms),  # NULL compares with nothing
    ).fetchone()[0]
    awaited = database.execute(
        "SELECT seq FROM awaited WHERE conversation = ? AND since_ms > ?", (conversation, late_ms)
    ).fetchall()
    database.executemany(
        "INSERT OR IGNORE INTO closed VALUES (?, ?, ?)",
        [
            (conversation, seq, now_ms)
            for seq in missing
            if late is not None and seq < late and (seq,) not in awaited
        ],
    )
    rows = database.execute(
        "SELECT seq FROM closed WHERE conversation = ? AND seq > ? AND seq < ? ORDER BY seq",
        (conversation, cursor, taken[-1].seq),
    )
    return [row[0] for row in rows]


def _receipts(database: sqlite3.Connection, conversations: Sequence[str]) -> list[StoreReceipt]:
    """Give all marks, the asking user's own too: a phone then knows which of its receipts were lost."""
    found = []
    for conversation in conversations:
        rows = database.execute(
            "SELECT conversation, user, status, seq FROM receipts WHERE conversation = ?",
            (conversation,),
        )
        found += [StoreReceipt(*row) for row in rows]
    return found
