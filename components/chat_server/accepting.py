"""Takes messages and receipts from phones: steps 2 and 3 of a message, and the first half of step 5.

This is the room where a sequence ID is assigned.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING

from components.internal_http.client import RejectedError, UnreachableError
from components.trace.events import (
    CounterSeeded,
    MessageAppended,
    NumberRenewed,
    ReceiptKept,
    ReceiptTaken,
    ReceiptWaits,
    SendReceived,
    SendRestored,
    SequenceAssigned,
)
from components.wire import errors
from components.wire.errors import WireError
from components.wire.frames import Ack, Receipt, Send
from components.wire.records import Handover, Push, QueueRecord, Sequenced, Unseeded

if TYPE_CHECKING:
    from components.chat_server.ports import Log, Peers, Routes, Store, Users
    from components.trace.journal import Journal
    from components.wire.traceparent import Trace


ACK_BOUND_S = 30.0
"""No ACK later than this after the number was asked for, in seconds at speed 1: half the time after which a number that
did not reach the log is given up (`syncing.GAP_BOUND_S`)."""


class Accepting:
    """What a chat server does with what phones say. `unavailable` are the errors of boxes that do not answer."""

    def __init__(  # noqa: PLR0913  the boxes it talks to
        self,
        server: str,
        *,
        routes: Routes,
        queue: Log,
        store: Store,
        users: Users,
        peers: Peers,
        journal: Journal,
        unavailable: tuple[type[Exception], ...],
        speed: float,
    ) -> None:
        self._bound_s = ACK_BOUND_S / speed
        self._server = server
        self._routes = routes
        self._queue = queue
        self._store = store
        self._users = users
        self._peers = peers
        self._journal = journal
        self._unavailable: tuple[type[Exception], ...] = (UnreachableError, RejectedError, *unavailable)

    async def send(self, send: Send, recipients: list[str], user: str, device: str, trace: Trace) -> Ack:
        """Number a message, put it on the log, and give the ACK for its sender.

        A duplicate is appended again under its old number: the server that took it first may have died between
        INCR and append, and then only the retry can fill the gap. Everybody downstream tells a copy by its seq.

        Raises:
            WireError: If it is refused, or a box behind this one does not answer (then only a retry is safe).
        """
        self._journal.write(SendReceived(send.client_msg_id, user), trace=trace, link=(user, self._server))
        body_hash = hashlib.sha256(send.body).hexdigest()
        who = {"user": user, "device": device, "client_msg_id": send.client_msg_id}
        try:
            for recipient in recipients:
                if not await self._users.knows(recipient):
                    raise WireError(errors.UNKNOWN_USER, f"no user {recipient}", send.client_msg_id)
            began_s = time.monotonic()
            numbered = await self._sequence(send, recipients, who, body_hash, trace)
            if numbered.changed:
                raise WireError(errors.BODY_CHANGED, client_msg_id=send.client_msg_id)
            await self._append(send, numbered, who, body_hash, trace)
            if time.monotonic() - began_s > self._bound_s:
                # Stopped meanwhile? By now the number may have been given up, so it must not be promised.
                raise WireError(errors.UNAVAILABLE, "it took too long", send.client_msg_id)
        except self._unavailable as exc:
            raise WireError(errors.UNAVAILABLE, type(exc).__name__, send.client_msg_id) from exc
        return Ack(send.client_msg_id, send.conversation, numbered.seq, numbered.epoch, trace.header)

    async def _sequence(
        self, send: Send, recipients: list[str], who: dict[str, str], body_hash: str, trace: Trace
    ) -> Sequenced:
        may_be_stored = send.resend
        while True:
            answer = await self._routes.sequence(
                send.conversation,
                body_hash=body_hash,
                recipients=recipients,
                only_remembered=may_be_stored,
                **who,
            )
            if isinstance(answer, Sequenced) and not await self._was_given_up(answer, send, who, trace):
                break
            if isinstance(answer, Sequenced):
                continue
            await self._tell_from_store(send, who, trace, counter_lost=isinstance(answer, Unseeded))
            may_be_stored = False
        routes = {name: route.server if route else None for name, route in answer.routes.items()}
        self._journal.write(
            SequenceAssigned(
                send.client_msg_id, send.conversation, answer.seq, answer.epoch, answer.duplicate, routes
            ),
            trace=trace,
            link=(self._server, "redis"),
        )
        return answer

    async def _was_given_up(self, answer: Sequenced, send: Send, who: dict[str, str], trace: Trace) -> bool:
        """Say whether a repetition's old number was closed meanwhile; then nobody remembers it any more."""
        if not (answer.duplicate and send.resend) or answer.changed:
            return False
        if await self._store.await_number(send.conversation, answer.seq):
            return False
        await self._routes.forget(send.conversation, seq=answer.seq, **who)
        self._journal.write(NumberRenewed(send.client_msg_id, send.conversation, answer.seq), trace=trace)
        return True

    async def _tell_from_store(
        self, send: Send, who: dict[str, str], trace: Trace, *, counter_lost: bool
    ) -> None:
        # Redis is a memory, the store is the record: a counter that is not there continues after the highest number
        # stored, in a new epoch, so that everybody can see that it was rebuilt. And a send that is not remembered but
        # stored keeps its number: under a new one the store would refuse it, and the recipient would never have it.
        head = await self._store.head(send.conversation, **who)
        prior = (head.prior.seq, head.prior.body_hash) if head.prior else None
        seq, epoch = await self._routes.seed(
            send.conversation, max_seq=head.max_seq, epoch=head.epoch + 1, prior=prior, **who
        )
        if counter_lost:
            self._journal.write(CounterSeeded(send.conversation, seq, epoch), trace=trace)
        if prior:
            self._journal.write(SendRestored(send.client_msg_id, send.conversation, prior[0]), trace=trace)

    async def _append(
        self, send: Send, numbered: Sequenced, who: dict[str, str], body_hash: str, trace: Trace
    ) -> None:
        record = QueueRecord(
            message_id=send.client_msg_id,
            conversation=send.conversation,
            seq=numbered.seq,
            epoch=numbered.epoch,
            sender=who["user"],
            device=who["device"],
            scheme=send.scheme,
            body=send.body,
            body_hash=body_hash,
            accepted_ms=time.time_ns() // 1_000_000,
            routes=numbered.routes,
        )
        where = await self._queue.append(record, trace)
        self._journal.write(
            MessageAppended(
                send.client_msg_id,
                send.conversation,
                numbered.seq,
                where.topic,
                where.partition,
                where.offset,
            ),
            trace=trace,
            link=(self._server, "kafka"),
        )

    async def receipt(self, receipt: Receipt, peers: list[str], trace: Trace) -> None:
        """Keep a receipt in the store first, then pass it to the sender's phone if that is connected.

        Raises:
            WireError: If it is for a seq never assigned, or a box does not answer. Being a high-water mark,
                the next receipt makes up for a lost one.
        """
        user = receipt.user or ""
        self._journal.write(
            ReceiptTaken(receipt.conversation, user, receipt.status, receipt.seq),
            trace=trace,
            link=(user, self._server),
        )
        try:
            if receipt.seq > await self._store.max_seq(receipt.conversation):
                raise WireError(errors.BEYOND_MAX_SEQ)
            kept = await self._store.raise_receipt(receipt.conversation, user, receipt.status, receipt.seq)
            self._journal.write(
                ReceiptKept(receipt.conversation, user, receipt.status, kept.seq, kept.advanced),
                trace=trace,
                link=(self._server, "store"),
            )
            routes = await self._routes.lookup(peers)
        except self._unavailable as exc:
            raise WireError(errors.UNAVAILABLE, type(exc).__name__) from exc
        for peer in peers:
            route = routes[peer]
            frame = Receipt(receipt.conversation, receipt.seq, receipt.status, trace.header, user)
            handover = Handover(self._server, [Push(route.connection, peer, frame)]) if route else None
            taken = await self._peers.hand_over(route.server, handover) if route and handover else None
            if not taken or not taken[0]:
                self._journal.write(ReceiptWaits(receipt.conversation, peer, receipt.seq), trace=trace)
