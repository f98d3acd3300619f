"""The reading end of the journal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from components.trace.journal import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

POLL_S = 0.01

_decoder = msgspec.json.Decoder(Entry)


class Seen(msgspec.Struct, frozen=True):
    """One event as a reader sees it: the journal's entry with its facts unpacked."""

    t_ns: int
    component: str
    kind: str
    step: int | None
    link: tuple[str, str] | None
    facts: dict[str, Any]
    trace_id: str | None = None
    span_id: str | None = None
    parent_id: str | None = None


class Reader:
    """Reads on from where it stopped. A line that is no event (torn by a full disk) is counted in `unreadable`."""

    def __init__(self, path: Path, *, at_end: bool = False) -> None:
        self._path = path
        self._offset = path.stat().st_size if at_end else 0
        self._rest = b""
        self.unreadable = 0

    def read(self) -> list[Seen]:
        """Give the whole lines that came since the last call, in file order."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            chunk = file.read()
        self._offset += len(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return [seen for seen in map(self._decode, lines) if seen is not None]

    def follow(self, stop: Callable[[], bool]) -> Iterator[list[Seen]]:
        """Yield what comes, as it comes, until `stop` says so. Yields an empty list when nothing came."""
        while not stop():
            new = self.read()
            yield new
            if not new:
                time.sleep(POLL_S)

    def _decode(self, line: bytes) -> Seen | None:
        if not line:
            return None
        try:
            entry = _decoder.decode(line)
            facts = msgspec.json.decode(entry.facts) if isinstance(entry.facts, msgspec.Raw) else entry.facts
        except msgspec.DecodeError:
            self.unreadable += 1
            return None
        return Seen(
            entry.t_ns,
            entry.component,
            entry.kind,
            entry.step,
            entry.link,
            facts,
            entry.trace_id,
            entry.span_id,
            entry.parent_id,
        )


def read_all(path: Path) -> list[Seen]:
    """Read a whole journal."""
    return Reader(path).read()
