"""The store over SQLite: partition key `conversation`, clustering key `seq`.

Cassandra would hold this as

    CREATE TABLE messages (conversation text, seq bigint, ..., PRIMARY KEY ((conversation), seq));

and spread partitions over nodes; SQLite keeps the same order in one file. WITHOUT ROWID makes the primary key the
table itself, so that a conversation's messages lie side by side, as they do in a Cassandra partition. `members` is
what Cassandra would have as a second table, partitioned by user: which conversations somebody is in.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from components.message_store import reading
from components.message_store.schema import COLUMNS, open_database
from components.wire.names import members_of
from components.wire.records import Head, Prior, ReceiptStored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from components.wire.records import (
        LogRead,
        Outcome,
        QueueRecord,
        StoredMessage,
        StoreReceipt,
        SyncPage,
        SyncRequest,
    )


class Engine:
    """The tables. Not safe for threads: one writer, as SQLite wants it. Nothing is durable before `commit`.

    `clock_ms` tells how long a number has been missing: milliseconds that only rise. The store's own clock goes on from
    the latest time in the file, and only while the store is up: neither a wall clock that is set forward nor a night
    without a store may close a number whose message is still on the log.
    """

    def __init__(self, path: Path, clock_ms: Callable[[], int] | None = None) -> None:
        self._db = open_database(path)
        self._clock_ms = clock_ms or self._own_clock()
        self._log_read_ms: dict[int, int] = {}
        self._partitions = 0

    def _own_clock(self) -> Callable[[], int]:
        (last_ms,) = self._db.execute(
            "SELECT max(coalesce((SELECT max(stored_ms) FROM messages), 0),"
            " coalesce((SELECT max(closed_ms) FROM closed), 0))"
        ).fetchone()
        began_ns = time.monotonic_ns()
        return lambda: int(last_ms) + (time.monotonic_ns() - began_ns) // 1_000_000

    def begin(self) -> None:
        """Open the transaction that the next writes share."""
        self._db.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make them durable."""
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Forget them."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def insert(self, messages: list[QueueRecord], traceparents: list[str]) -> list[Outcome]:
        """Insert messages, idempotent on (conversation, seq).

        `conflict` is said, and nothing written, if the seq is taken by another message or the message has another seq;
        `closed` if the number was given up before the message came.
        """
        return [self._insert(*each) for each in zip(messages, traceparents, strict=True)]

    def _insert(self, row: QueueRecord, traceparent: str) -> Outcome:
        if self._is_closed(row.conversation, row.seq):
            return "closed"
        cursor = self._db.execute(
            f"INSERT INTO messages ({COLUMNS}, stored_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  a constant
            " ON CONFLICT DO NOTHING",
            (
                row.conversation,
                row.seq,
                row.epoch,
                row.message_id,
                row.sender,
                row.device,
                row.scheme,
                row.body,
                row.body_hash,
                row.accepted_ms,
                traceparent,
                self._clock_ms(),
            ),
        )
        if cursor.rowcount == 1:
            self._db.execute(
                "DELETE FROM awaited WHERE conversation = ? AND seq = ?", (row.conversation, row.seq)
            )
            self._db.executemany(
                "INSERT OR IGNORE INTO members VALUES (?, ?)",
                [(member, row.conversation) for member in members_of(row.conversation)],
            )
            return "stored"
        there = self._db.execute(
            "SELECT message_id, sender FROM messages WHERE conversation = ? AND seq = ?",
            (row.conversation, row.seq),
        ).fetchone()
        return "duplicate" if there == (row.message_id, row.sender) else "conflict"

    def raise_receipt(self, receipt: StoreReceipt) -> ReceiptStored:
        """Raise a high-water mark; it never goes back. READ implies DELIVERED."""
        before = self._mark(receipt.conversation, receipt.user, receipt.status)
        for status in ("delivered", "read") if receipt.status == "read" else ("delivered",):
            self._db.execute(
                "INSERT INTO receipts VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET seq = excluded.seq WHERE excluded.seq > seq",
                (receipt.conversation, receipt.user, status, receipt.seq),
            )
        return ReceiptStored(max(before, receipt.seq), advanced=receipt.seq > before)

    def _mark(self, conversation: str, user: str, status: str) -> int:
        row = self._db.execute(
            "SELECT seq FROM receipts WHERE conversation = ? AND user = ? AND status = ?",
            (conversation, user, status),
        ).fetchone()
        return int(row[0]) if row else 0

    def head(self, conversation: str, send: tuple[str, str, str] | None = None) -> Head:
        """Give the highest seq and epoch, and where a send (user, device, client_msg_id) is."""
        highest, epoch = self._db.execute(
            "SELECT coalesce(max(seq), 0), coalesce(max(epoch), 0) FROM messages WHERE conversation = ?",
            (conversation,),
        ).fetchone()
        prior = None
        if send:
            row = self._db.execute(
                "SELECT seq, body_hash FROM messages"
                " WHERE conversation = ? AND sender = ? AND device = ? AND message_id = ?",
                (conversation, *send),
            ).fetchone()
            prior = Prior(*row) if row else None
        return Head(highest, epoch, prior)

    def await_number(self, conversation: str, seq: int) -> bool:
        """Keep a number open for one more bound, because its message comes again; False if it was given up already."""
        if self._is_closed(conversation, seq):
            return False
        self._db.execute(
            "INSERT OR REPLACE INTO awaited VALUES (?, ?, ?)", (conversation, seq, self._clock_ms())
        )
        return True

    def _is_closed(self, conversation: str, seq: int) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM closed WHERE conversation = ? AND seq = ?", (conversation, seq)
        ).fetchone()
        return found is not None

    def messages(self, conversation: str, after: int, limit: int) -> list[StoredMessage]:
        """Read a slice of a partition in clustering order: seq > `after`, at most `limit` rows."""
        return reading.messages(self._db, conversation, after, limit)

    def sync(self, request: SyncRequest) -> SyncPage:
        """Give a page of what somebody missed, and close the gaps in it that are old enough."""
        return reading.page(self._db, request, self._clock_ms(), self._all_read_ms())

    def log_was_read(self, progress: LogRead) -> None:
        """Take note of how far a worker is: what was on its partitions that long ago is in here by now."""
        now_ms = self._clock_ms()
        for partition, age_ms in progress.ages_ms.items():
            read_ms = max(now_ms - age_ms, self._log_read_ms.get(partition, now_ms - age_ms))
            self._log_read_ms[partition] = read_ms
        self._partitions = progress.partitions

    def _all_read_ms(self) -> int | None:
        """Give the time up to which the whole log is in here; None as long as some worker has not said."""
        known = [self._log_read_ms.get(each) for each in range(self._partitions)]
        return min((each for each in known if each is not None), default=None) if None not in known else None

    def close(self) -> None:
        """Close the file."""
        self._db.close()
