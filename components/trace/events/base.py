"""The base of all events."""

from __future__ import annotations

import functools
import re
from typing import ClassVar

import msgspec

_CAMEL = re.compile(r"(?<!^)(?=[A-Z])")


@functools.cache
def _snake_case(name: str) -> str:
    return _CAMEL.sub("_", name).lower()


class Event(msgspec.Struct, frozen=True):
    """The base of all events. `kind` is the class's name in snake_case."""

    step: ClassVar[int | None] = None

    @classmethod
    def kind(cls) -> str:
        """Name the kind of event in the journal."""
        return _snake_case(cls.__name__)
