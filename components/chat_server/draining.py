"""How a chat server leaves: nobody new comes, what is under way is finished, and the phones go one by one.

A connection works as always until its turn: the phone's messages are taken, and what arrives for it is pushed. From
its turn on nothing is pushed to it any more, so that a worker looks for the phone's new connection, and finds the
message in the store where the phone will ask for it.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from components.trace.events import ConnectionDrained, ServerDraining
from components.wire import errors

if TYPE_CHECKING:
    from components.chat_server.connection import Connection
    from components.trace.journal import Journal

WORK_TIMEOUT_S = 2.0
"""How long a send that is under way may take. The phone repeats an unfinished one on its next server."""

SPREAD_A_CONNECTION_S = 0.01
MAX_SPREAD_S = 0.5
"""A hundred phones a second would be too slow for a laptop's fleet, hence the cap. A fleet of millions is drained over
minutes: every phone that comes back costs a login, a signature check and a sync."""


def spread_of(connections: int) -> float:
    """Give the seconds within which so many connections are closed."""
    return min(MAX_SPREAD_S, SPREAD_A_CONNECTION_S * connections)


class Drain:
    """Closes a server's connections with 1012. `connections` is the server's own map of those it pushes to."""

    def __init__(self, connections: dict[str, Connection], journal: Journal) -> None:
        self._connections = connections
        self._journal = journal

    async def run(self) -> None:
        """Close every connection at a random moment within the spread; return when all are closed."""
        spread_s = spread_of(len(self._connections))
        self._journal.write(ServerDraining(len(self._connections), spread_s))
        async with asyncio.TaskGroup() as leaving:
            for connection_id in list(self._connections):
                leaving.create_task(self._let_go(connection_id, random.uniform(0, spread_s)))

    async def _let_go(self, connection_id: str, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        connection = self._connections.pop(connection_id, None)
        if connection is None:
            return  # it left by itself
        at_rest = await connection.rests(WORK_TIMEOUT_S)
        code = errors.SERVER_DRAINING.close or 1012
        self._journal.write(ConnectionDrained(connection.user, connection_id, code, at_rest))
        await connection.close(code, errors.SERVER_DRAINING.name)
