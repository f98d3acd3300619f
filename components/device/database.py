"""The phone's database: the source of truth of message state, and its outbox, in one SQLite file.

The outbox is not a queue apart from the messages: it is the rows that are PENDING. One commit makes a message both
visible and due, so a kill between the two is impossible (a transactional outbox).
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from components.device.protocol import MESSAGE, MessageEvent, Status
from components.device.rows import COLUMNS, SCHEMA, Row, row_of
from components.wire.names import conversation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from components.wire.frames import Ack, Message, Receipt


def _wall_clock_ms() -> int:
    return time.time_ns() // 1_000_000


class Database:
    """One phone's file. Every method that changes something has committed, to the disk, when it returns."""

    def __init__(self, path: Path, user: str, clock_ms: Callable[[], int] = _wall_clock_ms) -> None:
        self._user = user
        self._clock_ms = clock_ms
        self._db = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(SCHEMA)

    def setting(self, name: str) -> bytes | None:
        """Read a setting."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else None

    def set_setting(self, name: str, value: bytes) -> None:
        """Write a setting."""
        self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def write(self, peer: str, message_id: str, body: bytes, traceparent: str) -> Row:
        """Write an own message as PENDING: from here on it survives the app."""
        row = Row(
            conversation=conversation_of(self._user, peer),
            message_id=message_id,
            sender=self._user,
            seq=None,
            epoch=None,
            scheme="plain",
            body=body,
            status=MESSAGE.initial,
            written_ms=self._clock_ms(),
            traceparent=traceparent,
        )
        self._insert(row)
        return row

    def receive(self, messages: Sequence[Message]) -> list[bool]:
        """Commit messages, all in one transaction; True for each of somebody else's that was not there yet."""
        with self._transaction():
            new = [self._take(message) for message in messages]
            for conversation in {message.conversation for message in messages}:
                self._advance(conversation)
        return new

    def _take(self, message: Message) -> bool:
        own = message.sender == self._user
        row = Row(
            conversation=message.conversation,
            message_id=message.message_id,
            sender=message.sender,
            seq=message.seq,
            epoch=message.epoch,
            scheme=message.scheme,
            body=message.body,
            status=Status.SENT if own else Status.DELIVERED,
            written_ms=self._clock_ms(),
            traceparent=message.traceparent,
        )
        if not self._insert(row):
            # An own message that comes back: its ACK was lost, and this stands for it.
            self._db.execute(
                "UPDATE messages SET status = 'sent', seq = ?, epoch = ?"
                " WHERE sender = ? AND message_id = ? AND conversation = ? AND status = 'pending' AND sender = ?",
                (row.seq, row.epoch, row.sender, row.message_id, row.conversation, self._user),
            )
            return False
        return not own

    # Cursors --------------------------------------------------------------------------------------------------------

    def prefix(self, conversation: str) -> int:
        """Give the last number of the contiguous prefix: the phone has everything up to it; 0 if not even the first."""
        row = self._db.execute(
            "SELECT prefix FROM cursors WHERE conversation = ?", (conversation,)
        ).fetchone()
        return int(row[0]) if row else 0

    def cursors(self, limit: int) -> dict[str, int]:
        """Give the contiguous prefix of every conversation, those with the newest messages first."""
        rows = self._db.execute(
            "SELECT conversation, coalesce(prefix, 0) FROM (SELECT conversation, max(position) AS newest FROM messages"
            " GROUP BY conversation) LEFT JOIN cursors USING (conversation) ORDER BY newest DESC LIMIT ?",
            (limit,),
        )
        return dict(rows.fetchall())

    def close_numbers(self, closed: Mapping[str, Sequence[int]]) -> None:
        """Commit that these numbers will never be a message's."""
        with self._transaction():
            for conversation, seqs in closed.items():
                self._db.executemany(
                    "INSERT OR IGNORE INTO closed VALUES (?, ?)", [(conversation, seq) for seq in seqs]
                )
                self._advance(conversation)

    def _advance(self, conversation: str) -> None:
        before = prefix = self.prefix(conversation)
        known = "SELECT 1 FROM messages WHERE conversation = ? AND seq = ?"
        given_up = "SELECT 1 FROM closed WHERE conversation = ? AND seq = ?"
        while self._db.execute(f"{known} UNION {given_up}", (conversation, prefix + 1) * 2).fetchone():
            prefix += 1
        if prefix != before:
            self._db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (conversation, prefix))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Reading marks --------------------------------------------------------------------------------------------------

    def read_up_to(self, conversation: str) -> int:
        """Give how far the owner has read, 0 if nothing."""
        row = self._db.execute("SELECT seq FROM reads WHERE conversation = ?", (conversation,)).fetchone()
        return int(row[0]) if row else 0

    def mark_read(self, conversation: str) -> int:
        """Commit that the owner saw the conversation as far as it is there without a gap; give that number."""
        seq = self.prefix(conversation)
        self._db.execute("INSERT OR REPLACE INTO reads VALUES (?, ?)", (conversation, seq))
        return seq

    def last_from_others(self, conversation: str, upto: int) -> int:
        """Give the last number up to `upto` that somebody else's message has; 0 if there is nothing to confirm.

        Only such a message is surely stored. An own one has its number from the log already, and a receipt for a number
        that the store does not know yet would be refused.
        """
        found = self._db.execute(
            "SELECT max(seq) FROM messages WHERE conversation = ? AND sender != ? AND seq <= ?",
            (conversation, self._user, upto),
        ).fetchone()
        return int(found[0] or 0)

    # Own messages ---------------------------------------------------------------------------------------------------

    def acknowledge(self, ack: Ack) -> Row | None:
        """Commit an ACK: PENDING -> SENT. None if no message of ours waits for it.

        A receipt can overtake the ACK on its way through another server; it was kept, and counts now.
        """
        row = self._own("message_id = ? AND conversation = ?", (ack.client_msg_id, ack.conversation))
        if not row:
            return None
        status = MESSAGE.after(row[0].status, MessageEvent.ACK)
        with self._transaction():
            self._db.execute(
                "UPDATE messages SET status = ?, seq = ?, epoch = ?"
                " WHERE sender = ? AND message_id = ? AND conversation = ?",
                (status, ack.seq, ack.epoch, self._user, ack.client_msg_id, ack.conversation),
            )
            self._advance(ack.conversation)
        return msgspec.structs.replace(row[0], status=status, seq=ack.seq, epoch=ack.epoch)

    def take_receipt(self, receipt: Receipt) -> None:
        """Remember a high-water mark; it never goes back."""
        self._db.execute(
            "INSERT INTO receipts VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET seq = excluded.seq"
            " WHERE excluded.seq > seq",
            (receipt.conversation, receipt.user, receipt.status, receipt.seq),
        )

    def apply_receipts(self, conversation: str) -> list[tuple[Row, str]]:
        """Move own messages up to the marks of their peers; give those that changed, and by whose receipt."""
        changed = []
        marks = self._db.execute(
            "SELECT user, status, seq FROM receipts WHERE conversation = ? ORDER BY status", (conversation,)
        ).fetchall()
        for user, status, seq in marks:
            event = MessageEvent(status)
            for row in self._own(
                "conversation = ? AND seq <= ? AND status IN ('sent', 'delivered')", (conversation, seq)
            ):
                after = MESSAGE.after(row.status, event)
                if after is not row.status:
                    self._db.execute(
                        "UPDATE messages SET status = ? WHERE sender = ? AND conversation = ? AND message_id = ?",
                        (after, self._user, conversation, row.message_id),
                    )
                    changed.append((msgspec.structs.replace(row, status=after), user))
        return changed

    def refuse(self, message_id: str) -> Row | None:
        """Mark an own message FAILED: the server refused it for good."""
        rows = self._own("message_id = ? AND status = 'pending'", (message_id,))
        if not rows:
            return None
        status = MESSAGE.after(rows[0].status, MessageEvent.REFUSED)
        self._db.execute(
            "UPDATE messages SET status = ? WHERE sender = ? AND message_id = ?",
            (status, self._user, message_id),
        )
        return msgspec.structs.replace(rows[0], status=status)

    def outbox(self, conversation: str | None = None) -> list[Row]:
        """List what is PENDING, oldest first."""
        where = "status = 'pending'" + (" AND conversation = ?" if conversation else "")
        return self._own(where, (conversation,) if conversation else ())

    def unconfirmed(self) -> list[Row]:
        """List what is SENT and not yet DELIVERED, oldest first."""
        return self._own("status = 'sent'", ())

    def message(self, message_id: str) -> Row | None:
        """Give an own message."""
        rows = self._own("message_id = ?", (message_id,))
        return rows[0] if rows else None

    def messages(self, conversation: str | None = None) -> list[Row]:
        """List messages as they are rendered: by sequence ID, never by clock; what has none yet comes last."""
        where = "WHERE conversation = ?" if conversation else ""
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM messages {where} ORDER BY conversation, seq IS NULL, seq, position",  # noqa: S608  constants
            (conversation,) if conversation else (),
        )
        return [row_of(each) for each in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _own(self, where: str, arguments: tuple[object, ...]) -> list[Row]:
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM messages WHERE sender = ? AND {where} ORDER BY position",  # noqa: S608  constants
            (self._user, *arguments),
        )
        return [row_of(each) for each in rows.fetchall()]

    def _insert(self, row: Row) -> bool:
        cursor = self._db.execute(
            f"INSERT INTO messages ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",  # noqa: S608  a constant
            msgspec.structs.astuple(row),
        )
        return cursor.rowcount == 1
