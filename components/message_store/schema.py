"""The store's tables, and how a file of an earlier version becomes one of this."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from components.wire.names import members_of

if TYPE_CHECKING:
    from pathlib import Path

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
  traceparent TEXT NOT NULL DEFAULT '',
  stored_ms INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS one_row_a_send ON messages (conversation, sender, device, message_id);
CREATE TABLE IF NOT EXISTS members (
  user TEXT NOT NULL, conversation TEXT NOT NULL, PRIMARY KEY (user, conversation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipts (
  conversation TEXT NOT NULL,
  user TEXT NOT NULL,
  status TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (conversation, user, status)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS closed (
  conversation TEXT NOT NULL, seq INTEGER NOT NULL, closed_ms INTEGER NOT NULL, PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS awaited (
  conversation TEXT NOT NULL, seq INTEGER NOT NULL, since_ms INTEGER NOT NULL, PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
"""

COLUMNS = (
    "conversation, seq, epoch, message_id, sender, device, scheme, body, body_hash, accepted_ms, traceparent"
)


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, and bring its tables up to date.

    Raises:
        sqlite3.Error: If it is no database, or cannot be written.
    """
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # FULL: a commit is on the disk when it returns, so what was answered survives a power cut.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.executescript(SCHEMA)
    present = {row[1] for row in database.execute("PRAGMA table_info(messages)")}
    for column, kind in (
        ("traceparent", "TEXT NOT NULL DEFAULT ''"),
        ("stored_ms", "INTEGER NOT NULL DEFAULT 0"),
    ):
        if column not in present:
            database.execute(f"ALTER TABLE messages ADD COLUMN {column} {kind}")
    known = database.execute("SELECT DISTINCT conversation FROM messages").fetchall()
    database.executemany(
        "INSERT OR IGNORE INTO members VALUES (?, ?)",
        [(member, conversation) for (conversation,) in known for member in members_of(conversation)],
    )
    return database
