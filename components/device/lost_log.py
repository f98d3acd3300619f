"""What a phone must send again because the log that held it is gone.

A log that keeps its records in memory forgets them when it ends. What it forgot may be SENT here and stored nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.device.database import Database
    from components.device.rows import Row

SETTING = "queue_id"


class LostLog:
    """Remembers the log's name, and which SENT messages await a second ACK since it changed.

    The new name is kept only once they have it, so that a phone killed in between begins again.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._queue_id = database.setting(SETTING)
        self._waiting: set[str] = set()

    def welcomed(self, queue_id: str) -> None:
        """Take the log's name from a `welcome`: a new one makes everything SENT and not DELIVERED due again."""
        name = queue_id.encode()
        if self._queue_id not in (None, name):
            self._waiting = {row.message_id for row in self._db.unconfirmed()}
        self._queue_id = name
        self._keep()

    def due(self) -> list[Row]:
        """List what to send again, oldest first. A receipt that came meanwhile settles a message too."""
        return (
            [row for row in self._db.unconfirmed() if row.message_id in self._waiting]
            if self._waiting
            else []
        )

    def settled(self, message_id: str) -> None:
        """Take note that the new log has a message, or that a server refused it for good."""
        if self._waiting:
            self._waiting.discard(message_id)
            self._keep()

    def _keep(self) -> None:
        if self._queue_id is None or self.due():
            return
        self._waiting.clear()
        if self._db.setting(SETTING) != self._queue_id:
            self._db.set_setting(SETTING, self._queue_id)
