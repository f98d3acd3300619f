"""What every box's main program is given: its name, its plan, its journal, and the way to say that it is ready."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.trace.journal import Journal
from workbench.cluster.paths import Paths
from workbench.cluster.plan import HOST

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from multiprocessing.connection import Connection

    from workbench.cluster.plan import Plan

BOOT_RETRY_S = 0.02


class Node:
    """What every box's main program is given."""

    def __init__(self, name: str, plan: Plan, report: Connection) -> None:
        self.name = name
        self.plan = plan
        self.paths = Paths(Path(plan.options.home))
        self.journal = Journal(self.paths.journal(plan.run), name)
        self.stop = asyncio.Event()
        self._report = report
        component = plan.component(name)
        assert component is not None  # noqa: S101  the supervisor starts what the plan names
        self.component = component

    def ready(self) -> None:
        """Tell the supervisor that this box serves."""
        self._report.send("ready")

    def listen(self, port: int) -> socket.socket:
        """Bind a port on the loopback interface.

        Raises:
            SystemExit: If it is taken; the last line of the log says so.
        """
        try:
            return socket.create_server((HOST, port), backlog=1024)
        except OSError as exc:
            sys.exit(f"{self.name}: port {port} cannot be bound: {exc.strerror}")

    async def until_stopped(self, work: asyncio.Task[None]) -> None:
        """Wait until this box is to end, and cancel its work then.

        Raises:
            Exception: What the work failed with: a box that cannot do its work ends, for everybody to see.
        """
        stopping = asyncio.create_task(self.stop.wait())
        await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            await stopping
        work.cancel()
        try:
            await work
        except asyncio.CancelledError:
            return

    async def until_up(
        self, what: str, attempt: Callable[[], Awaitable[Any]], errors: tuple[type[Exception], ...]
    ) -> Any:
        """Try until another box answers: all start at once, in no order.

        Raises:
            SystemExit: If it does not in time.
        """
        try:
            async with asyncio.timeout(self.plan.boot_timeout_s):
                while True:
                    try:
                        return await attempt()
                    except errors:
                        await asyncio.sleep(BOOT_RETRY_S)
        except TimeoutError:
            sys.exit(f"{self.name}: {what} did not answer within {self.plan.boot_timeout_s:.0f} s")
