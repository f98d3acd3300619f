"""Starts the boxes of an experiment, and ends them whatever happens."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import FailedError
from workbench.experiments.ordering_boxes import Box, Ready

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

START_TIMEOUT_S = 20.0
END_TIMEOUT_S = 3.0
PROGRAM = "workbench.experiments.ordering_boxes"


@asynccontextmanager
async def running(boxes: Sequence[Box], log: Path) -> AsyncIterator[list[Ready]]:
    """Run boxes, one process each, and give what they said when they were ready, in order.

    A box is given a session of its own, so that Ctrl-C reaches the command alone, which then ends its boxes.

    Raises:
        FailedError: If one does not come up; `log` has the reason.
    """
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    processes: list[asyncio.subprocess.Process] = []
    try:
        for _box in boxes:
            processes.append(await _start(fd))  # noqa: PERF401  what was started must be ended, also after a failure
        yield await asyncio.gather(*(_ready(*each) for each in zip(boxes, processes, strict=True)))
    finally:
        os.close(fd)
        await asyncio.gather(*map(_end, processes))


async def _start(log: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


async def _ready(box: Box, process: asyncio.subprocess.Process) -> Ready:
    assert process.stdin is not None  # noqa: S101  PIPE was asked for
    assert process.stdout is not None  # noqa: S101
    try:
        process.stdin.write(msgspec.json.encode(box) + b"\n")
        async with asyncio.timeout(START_TIMEOUT_S):
            return msgspec.json.decode(await process.stdout.readline(), type=Ready)
    except (TimeoutError, OSError, msgspec.DecodeError):
        raise FailedError(
            f"{box.name} of the experiment did not come up: see `workbench logs experiment` and `workbench status`"
        ) from None


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(END_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
