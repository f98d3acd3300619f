"""Which token means which phone: what Apple and Google know and tell nobody."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS installations (
    token TEXT PRIMARY KEY, user TEXT NOT NULL, device TEXT NOT NULL, UNIQUE (user, device)
) WITHOUT ROWID
"""


class Installations:
    """A provider's tokens. They outlive the process: a provider that restarts has not forgotten the phones."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(_SCHEMA)

    def issue(self, user: str, device: str, make: Callable[[], str]) -> str:
        """Give the token of an installation; one that has none gets a random one."""
        query = "SELECT token FROM installations WHERE user = ? AND device = ?"
        found = self._db.execute(query, (user, device)).fetchone()
        token = str(found[0]) if found else make()
        if not found:
            self._db.execute("INSERT INTO installations VALUES (?, ?, ?)", (token, user, device))
        return token

    def owner(self, token: str) -> str | None:
        """Name the user whose phone the token means, None if it means no phone (any more)."""
        found = self._db.execute("SELECT user FROM installations WHERE token = ?", (token,)).fetchone()
        return str(found[0]) if found else None

    def forget(self, user: str, device: str) -> None:
        """Take note that the app was uninstalled: its token is dead."""
        self._db.execute("DELETE FROM installations WHERE user = ? AND device = ?", (user, device))

    def kill(self, token: str) -> None:
        """Let a token die, as providers do of their own accord."""
        self._db.execute("DELETE FROM installations WHERE token = ?", (token,))

    def close(self) -> None:
        """Close the file."""
        self._db.close()
