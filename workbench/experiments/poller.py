"""The client that polls: plain HTTP over one connection, every byte counted at its socket."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import msgspec

from components.wire.records import StoredMessage
from workbench.errors import FailedError
from workbench.experiments.counting import CountingHTTPConnection, Counts

if TYPE_CHECKING:
    from workbench.cluster.plan import Plan


class Poller:
    """A client that asks the message store for what came after a sequence ID, over one connection."""

    def __init__(self, plan: Plan, conversation: str) -> None:
        parts = urlsplit(plan.one("message_store").private)
        self._http = CountingHTTPConnection(parts.hostname or "", parts.port or 0)
        self._conversation = conversation
        self._headers = {"Authorization": f"Bearer {plan.secret}"}

    @property
    def counts(self) -> Counts:
        """What has passed through its socket."""
        return self._http.counted.counts

    def poll(self, after: int) -> list[StoredMessage]:
        """Ask once.

        Raises:
            FailedError: If the store does not answer, or not with a page.
        """
        query = urlencode({"conversation": self._conversation, "after": after}, safe=":")
        try:
            self._http.request("GET", f"/messages?{query}", headers=self._headers)
            payload = self._http.getresponse().read()
            return msgspec.json.decode(payload, type=list[StoredMessage])
        except (OSError, http.client.HTTPException, msgspec.DecodeError) as exc:
            raise FailedError(
                f"store does not answer ({type(exc).__name__}): see `workbench status`"
            ) from exc

    def close(self) -> None:
        """Close the connection."""
        self._http.close()
