"""The phones as a push provider reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.internal_http.client import Client
    from components.wire.pushes import PushArrival


class PhonesClient:
    """Calls the phones' process, which stands for what is in people's pockets."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url

    async def push(self, user: str, arrival: PushArrival) -> bool:
        """Deliver a notification to a phone's operating system; False if the phone has no network now.

        Raises:
            UnreachableError: If the phones' process does not answer.
            RejectedError: If there is no such phone, or it is out of order.
        """
        return await self._client.post(f"{self._url}/phones/{user}/push", arrival, bool)
