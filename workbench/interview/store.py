"""Keeps interviews: one file of JSON each, readable by its owner alone, written in one step after every answer.

A file that cannot be read is kept aside under another name; one of a newer version is left as it is. Neither is ever
written over.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import FailedError, UsageProblem
from workbench.interview.session import VERSION, Session

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")


class _Versioned(msgspec.Struct):
    version: int


class DamagedInterviewError(FailedError):
    """A file is no interview any more; it was kept aside."""


class NewerInterviewError(FailedError):
    """A file was written by a newer workbench; it was left alone."""


class Store:
    """The interviews of a home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "interviews"

    def ids(self) -> list[str]:
        """List the interviews, oldest first."""
        found = [path.stem for path in self.folder.glob("*.json")]
        return sorted(
            found, key=lambda name: [int(part) if part.isdigit() else 0 for part in name.split("-")]
        )

    def has_files(self) -> bool:
        """Say whether there is a file of an interview, be it of a newer workbench or damaged and kept aside."""
        return any(self.folder.glob("*.json*"))

    def new_id(self, now: datetime) -> str:
        """Name an interview by the time at which it starts."""
        taken = {path.name.split(".")[0] for path in self.folder.glob("*.json*")}
        base = now.strftime("%Y-%m-%d-%H%M")
        return next(
            name for name in (base, *(f"{base}-{at}" for at in range(2, 10_000))) if name not in taken
        )

    def save(self, session: Session) -> None:
        """Write the file in one step, and have it on the disk before going on.

        Raises:
            FailedError: If it cannot be written.
        """
        path = self._path(session.id)
        temporary = path.with_suffix(".new")
        text = msgspec.json.format(msgspec.json.encode(session), indent=2)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(text + b"\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as exc:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise FailedError(f"the interview cannot be saved in {self.folder}: {exc.strerror}") from exc

    def load(self, name: str) -> Session:
        """Read an interview.

        Raises:
            UsageProblem: If there is none of that name.
            DamagedInterviewError: If it could not be read, and was kept aside.
            NewerInterviewError: If a newer workbench wrote it.
        """
        path = self._path(name)
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            none = "none that can be read" if self.has_files() else "none yet"
            there = ", ".join(self.ids()[-5:]) or f"{none}: `workbench interview start` begins one"
            raise UsageProblem(f"no interview {name!r}: there is {there}") from None
        except OSError as exc:
            raise FailedError(f"{path} cannot be read: {exc.strerror}") from exc
        try:
            version = msgspec.json.decode(text, type=_Versioned).version
            if version > VERSION:
                raise NewerInterviewError(
                    f"{path} has version {version}, and this workbench reads version {VERSION}: it is left as it is"
                )
            return msgspec.json.decode(text, type=Session)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            aside = _set_aside(path)
            raise DamagedInterviewError(
                f"{path.name} cannot be read ({exc}); it is kept as {aside.name} in {self.folder}"
            ) from exc

    def latest(self, fits: Callable[[Session], bool], note: Callable[[str], None]) -> Session | None:
        """Find the newest interview that fits; say what could not be read on the way."""
        for name in reversed(self.ids()):
            try:
                session = self.load(name)
            except (DamagedInterviewError, NewerInterviewError) as exc:
                note(str(exc))
                continue
            if fits(session):
                return session
        return None

    def _path(self, name: str) -> Path:
        if not _ID.fullmatch(name):
            raise UsageProblem(f"{name!r} is no interview's id: it looks like 2026-01-31-0915")
        return self.folder / f"{name}.json"


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    try:
        path.rename(aside)
    except OSError as exc:
        raise FailedError(f"{path} is damaged and cannot be renamed: {exc.strerror}") from exc
    return aside
