"""The phone's database: the source of truth of message state, and its outbox, in one SQLite file.

The outbox is not a queue apart from the messages: it is the rows that are PENDING. One commit makes a message both
visible and due, so a kill between the two is impossible (a transactional outbox).
"""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

import msgspec

from components.device.protocol import MESSAGE, MessageEvent, Status
from components.wire.names import conversation_of

if TYPE_CHECKING:
    from pathlib import Path

    from components.wire.frames import Ack, Message, Receipt

SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
  position INTEGER PRIMARY KEY,
  conversation TEXT NOT NULL,
  message_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  seq INTEGER,
  epoch INTEGER,
  scheme TEXT NOT NULL,
  body BLOB NOT NULL,
  status TEXT NOT NULL,
  written_ms INTEGER NOT NULL,
  traceparent TEXT NOT NULL,
  UNIQUE (conversation, sender, message_id)
);
CREATE INDEX IF NOT EXISTS by_seq ON messages (conversation, seq);
CREATE INDEX IF NOT EXISTS outbox ON messages (status) WHERE status IN ('pending', 'sent');
CREATE TABLE IF NOT EXISTS receipts (
  conversation TEXT NOT NULL, user TEXT NOT NULL, status TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (conversation, user, status)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""

COLUMNS = "conversation, message_id, sender, seq, epoch, scheme, body, status, written_ms, traceparent"


class Row(msgspec.Struct, frozen=True):
    """A message as the phone keeps it. `seq` is None until the server assigned one."""

    conversation: str
    message_id: str
    sender: str
    seq: int | None
    epoch: int | None
    scheme: str
    body: bytes
    status: Status
    written_ms: int
    traceparent: str


class Database:
    """One phone's file. Every method that changes something has committed, to the disk, when it returns."""

    def __init__(self, path: Path, user: str) -> None:
        self._user = user
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
            written_ms=time.time_ns() // 1_000_000,
            traceparent=traceparent,
        )
        self._insert(row)
        return row

    def receive(self, message: Message) -> bool:
        """Commit somebody's message; False if it was there already."""
        return self._insert(
            Row(
                conversation=message.conversation,
                message_id=message.message_id,
                sender=message.sender,
                seq=message.seq,
                epoch=message.epoch,
                scheme=message.scheme,
                body=message.body,
                status=Status.DELIVERED,
                written_ms=time.time_ns() // 1_000_000,
                traceparent=message.traceparent,
            )
        )

    def acknowledge(self, ack: Ack) -> Row | None:
        """Commit an ACK: PENDING -> SENT. None if no message of ours waits for it.

        A receipt can overtake the ACK on its way through another server; it was kept, and counts now.
        """
        row = self._own("message_id = ? AND conversation = ?", (ack.client_msg_id, ack.conversation))
        if not row:
            return None
        status = MESSAGE.after(row[0].status, MessageEvent.ACK)
        self._db.execute(
            "UPDATE messages SET status = ?, seq = ?, epoch = ?"
            " WHERE sender = ? AND message_id = ? AND conversation = ?",
            (status, ack.seq, ack.epoch, self._user, ack.client_msg_id, ack.conversation),
        )
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
        return [_row(each) for each in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _own(self, where: str, arguments: tuple[object, ...]) -> list[Row]:
        rows = self._db.execute(
            f"SELECT {COLUMNS} FROM messages WHERE sender = ? AND {where} ORDER BY position",  # noqa: S608  constants
            (self._user, *arguments),
        )
        return [_row(each) for each in rows.fetchall()]

    def _insert(self, row: Row) -> bool:
        cursor = self._db.execute(
            f"INSERT INTO messages ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",  # noqa: S608  a constant
            msgspec.structs.astuple(row),
        )
        return cursor.rowcount == 1


def _row(values: tuple[object, ...]) -> Row:
    fields = dict(zip(Row.__struct_fields__, values, strict=True))
    fields["status"] = Status(str(fields["status"]))
    return Row(**fields)  # type: ignore[arg-type]  # SQLite's columns are typed by the schema above
