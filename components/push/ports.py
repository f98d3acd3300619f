"""What the notification service and the stubs need of other boxes. The adapters live with those boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from components.push.protocol import Answer, Push
    from components.wire.pushes import PushArrival, PushToken


class Tokens(Protocol):
    """The directory's push tokens."""

    async def push_tokens(self, user: str) -> list[PushToken]: ...  # noqa: D102
    async def remove_push_token(self, token: str) -> bool: ...  # noqa: D102


class Provider(Protocol):
    """A platform's push service. Silence is an answer too; nothing is raised."""

    @property
    def name(self) -> str: ...  # noqa: D102
    async def push(self, push: Push, traceparent: str) -> Answer: ...  # noqa: D102


class Phones(Protocol):
    """The phones, as a provider reaches them; False if the phone has no network now."""

    async def push(self, user: str, arrival: PushArrival) -> bool: ...  # noqa: D102
