"""The tables of a phone's database, and a message as the phone keeps it."""

from __future__ import annotations

import msgspec

from components.device.protocol import Status

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
CREATE TABLE IF NOT EXISTS cursors (conversation TEXT PRIMARY KEY, prefix INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS closed (
  conversation TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reads (conversation TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
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


def row_of(values: tuple[object, ...]) -> Row:
    """Read a row that was selected by `COLUMNS`."""
    fields = dict(zip(Row.__struct_fields__, values, strict=True))
    fields["status"] = Status(str(fields["status"]))
    return Row(**fields)  # type: ignore[arg-type]  # SQLite's columns are typed by the schema above
