"""The control port of the phones, as the fingers of one phone's owner: every call is to that phone."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from components.internal_http.client import Client, RejectedError, UnreachableError
from components.wire.traceparent import Trace
from workbench.errors import FailedError, UsageProblem
from workbench.phone_screen.model import Message, State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from workbench.cluster.plan import Plan
    from workbench.phone_screen.life import Life

_NOT_FOUND = 404


class _Send(msgspec.Struct):
    to: str
    text: str
    traceparent: str
    wait: str = "pending"


class _Read(msgspec.Struct):
    peer: str
    traceparent: str


class Port:
    """A context: one pooled connection. Calls end within 5 s.

    They raise `FailedError` if the phones do not answer, `UsageProblem` with their words if they refuse.
    """

    def __init__(self, plan: Plan, user: str) -> None:
        self._base = f"{plan.one('phones').private}/phones"
        self._user = user
        self._client = Client(plan.secret)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._client.close()

    async def state(self) -> State:
        """Ask how the phone is."""
        with _told():
            states = await self._client.get(self._base, list[State])
        return next(each for each in states if each.user == self._user)

    async def messages(self, peer: str | None = None) -> list[Message]:
        """Ask for the messages of one conversation, or of all, as the phone's database has them."""
        with _told():
            query = {"with": peer} if peer is not None else None
            return await self._client.get(f"{self._mine}/messages", list[Message], query)

    async def send(self, peer: str, text: str) -> None:
        """Type a message; it is in the phone's database when this returns."""
        with _told():
            await self._client.post(
                f"{self._mine}/send", _Send(peer, text, Trace.start().header), msgspec.Raw
            )

    async def read(self, peer: str) -> None:
        """Say that the conversation was opened. Phones that take no such thing are not troubled with it."""
        with suppress(_NotThereError), _told():
            await self._client.post(f"{self._mine}/read", _Read(peer, Trace.start().header), msgspec.Raw)

    async def live(self, life: Life) -> State:
        """Let something happen to the phone, and give how it is then."""
        try:
            with _told():
                return await self._client.post(f"{self._mine}/life", life, State)
        except _NotThereError:
            raise UsageProblem("this cluster's phones cannot do that") from None

    @property
    def _mine(self) -> str:
        return f"{self._base}/{quote(self._user)}"


class _NotThereError(UsageProblem):
    """The phones know no such route, or no such phone."""


@contextmanager
def _told() -> Iterator[None]:
    """Turn the client's errors into the user's."""
    try:
        yield
    except RejectedError as exc:
        said = str(exc).partition(": ")[2]
        raise (_NotThereError if exc.status == _NOT_FOUND else UsageProblem)(said) from None
    except UnreachableError:
        raise FailedError("the phones do not answer: see `workbench status`") from None
