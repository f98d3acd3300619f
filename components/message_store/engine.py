"""The store over SQLite: partition key `conversation`, clustering key `seq`.

Cassandra would hold this as

    CREATE TABLE messages (conversation text, seq bigint, ..., PRIMARY KEY ((conversation), seq));

and spread partitions over nodes; SQLite keeps the same order in one file. WITHOUT ROWID makes the primary key the
table itself, so that a conversation's messages lie side by side, as they do in a Cassandra partition.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from components.wire.records import Head, Prior, ReceiptStored, StoredMessage

if TYPE_CHECKING:
    from pathlib import Path

    from components.wire.records import Outcome, QueueRecord, StoreReceipt

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
  conversation TEXT NOT NULL,
  seq INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  device TEXT NOT NULL,
  scheme TEXT NOT NULL,
  body BLOB NOT NULL,
  body_hash TEXT NOT NULL,
  accepted_ms INTEGER NOT NULL,
  PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS one_row_a_send ON messages (conversation, sender, device, message_id);
CREATE TABLE IF NOT EXISTS receipts (
  conversation TEXT NOT NULL,
  user TEXT NOT NULL,
  status TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (conversation, user, status)
) WITHOUT ROWID;
"""

COLUMNS = "conversation, seq, epoch, message_id, sender, device, scheme, body, body_hash, accepted_ms"


class Engine:
    """The tables. Not safe for threads: one writer, as SQLite wants it. Nothing is durable before `commit`."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # FULL: a commit is on the disk when it returns, so what was answered survives a power cut.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

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

    def insert(self, messages: list[QueueRecord]) -> list[Outcome]:
        """Insert messages, idempotent on (conversation, seq).

        `conflict` is said, and nothing written, if the seq is taken by another message or the message has another seq.
        """
        return [self._insert(message) for message in messages]

    def _insert(self, row: QueueRecord) -> Outcome:
        cursor = self._db.execute(
            f"INSERT INTO messages ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",  # noqa: S608  a constant
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
            ),
        )
        if cursor.rowcount == 1:
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
        """Give the highest seq and epoch, and where a send (user, device, client_msg_id) is, if it is there."""
        seq, epoch = self._db.execute(
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
        return Head(seq, epoch, prior)

    def messages(self, conversation: str, after: int, limit: int) -> list[StoredMessage]:
        """Read a slice of a partition in clustering order: seq > `after`, at most `limit` rows."""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM messages WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?",  # noqa: S608  a constant
            (conversation, after, limit),
        )
        return [StoredMessage(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()
