"""Consistent hashing over the servers that are healthy.

A ring and not `hash(user) % n`, because with `% n` almost every phone would move when one server dies; on the ring
only the dead one's phones do. The health checks take servers off and put them back.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from uhashring import HashRing

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_SEED = 593
"""Chosen so that of three servers alice gets chat-1, bob chat-3 and carol chat-2, and of seven alice chat-1 and bob
chat-7, as in the walkthrough. A demonstration must cross; the choice of the seed is the only thing arranged."""


def _hash(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")


class Ring:
    """Which server should have a user. `seed` turns the ring: another seed spreads the same users otherwise."""

    def __init__(self, servers: Sequence[str], seed: int = DEFAULT_SEED) -> None:
        self._seed = seed
        self._health = dict.fromkeys(servers, False)
        self._ring = HashRing([], hash_fn=_hash)

    def set_health(self, server: str, *, healthy: bool) -> bool:
        """Record a health check; say whether it changed anything."""
        if self._health[server] == healthy:
            return False
        self._health[server] = healthy
        if healthy:
            self._ring.add_node(server)
        else:
            self._ring.remove_node(server)
        return True

    def healthy(self) -> list[str]:
        """List the servers on the ring."""
        return [server for server, healthy in self._health.items() if healthy]

    def server_of(self, user: str) -> str | None:
        """Name the user's server, None if no server is healthy."""
        return self._ring.get_node(f"{self._seed}:{user}") if any(self._health.values()) else None
