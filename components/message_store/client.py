"""The store as other boxes reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.wire.records import (
    AwaitNumber,
    Head,
    LogRead,
    Outcome,
    QueueRecord,
    ReceiptStored,
    Stored,
    StoredMessage,
    StoreMessages,
    StoreReceipt,
    SyncPage,
    SyncRequest,
)

if TYPE_CHECKING:
    from components.internal_http.client import Client
    from components.wire.frames import ReceiptStatus


class MessageStore:
    """Calls the store's server. Every call raises `UnreachableError` if it does not answer."""

    def __init__(self, client: Client, url: str) -> None:
        self._client = client
        self._url = url

    async def insert(self, messages: list[QueueRecord], traceparents: list[str]) -> list[Outcome]:
        """Store a batch; safe to repeat."""
        batch = StoreMessages(messages, traceparents)
        return (await self._client.post(f"{self._url}/messages", batch, Stored)).outcomes

    async def sync(self, request: SyncRequest) -> SyncPage:
        """Give a page of what somebody missed; safe to repeat."""
        return await self._client.post(f"{self._url}/sync", request, SyncPage)

    async def await_number(self, conversation: str, seq: int) -> bool:
        """Keep a number open for its message, which comes again; False if it was given up. Safe to repeat."""
        return await self._client.post(f"{self._url}/awaited", AwaitNumber(conversation, seq), bool)

    async def log_was_read(self, progress: LogRead) -> None:
        """Tell how far a worker has read the log."""
        await self._client.post(f"{self._url}/progress", progress, bool)

    async def raise_receipt(
        self, conversation: str, user: str, status: ReceiptStatus, seq: int
    ) -> ReceiptStored:
        """Raise a member's high-water mark; safe to repeat."""
        request = StoreReceipt(conversation, user, status, seq)
        return await self._client.post(f"{self._url}/receipts", request, ReceiptStored)

    async def head(self, conversation: str, user: str, device: str, client_msg_id: str) -> Head:
        """Give the highest seq and epoch, and where this send was stored, if it was."""
        params = {
            "conversation": conversation,
            "user": user,
            "device": device,
            "client_msg_id": client_msg_id,
        }
        return await self._client.get(f"{self._url}/head", Head, params)

    async def max_seq(self, conversation: str) -> int:
        """Give the highest seq stored, 0 if none."""
        return (await self._client.get(f"{self._url}/head", Head, {"conversation": conversation})).max_seq

    async def messages(self, conversation: str, after: int = 0) -> list[StoredMessage]:
        """Read a page in order of seq."""
        params = {"conversation": conversation, "after": str(after)}
        return await self._client.get(f"{self._url}/messages", list[StoredMessage], params)
