"""A box's process, whether forked by the fork server or a program of its own: started, ready, ended."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from workbench.cluster import nodes
from workbench.cluster.plan import HOST, Component, Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, ForkServerProcess
    from pathlib import Path

END_TIMEOUT_S = 1.5
CONNECT_RETRY_S = 0.01


class Box:
    """One process. `on_ready` and `on_exit` are called once each."""

    def __init__(self, component: Component, pid: int) -> None:
        self.component = component
        self.pid = pid
        self.is_ready = False
        self.exit_code: int | None = None
        self.asked_to_end = False
        self.on_ready: Callable[[Box], None] = lambda _box: None
        self.on_exit: Callable[[Box], None] = lambda _box: None
        self._changed = asyncio.Event()
        self._exited = asyncio.Event()

    @property
    def state(self) -> str:
        """One of starting, up, stopping, down."""
        if self.exit_code is not None:
            return "down"
        if self.asked_to_end:
            return "stopping"
        return "up" if self.is_ready else "starting"

    def watch(self) -> None:
        """Begin to watch for readiness and exit."""
        raise NotImplementedError

    async def started(self) -> bool:
        """Wait until the box serves, or ended; say which."""
        await self._changed.wait()
        return self.exit_code is None

    async def end(self, timeout_s: float = END_TIMEOUT_S) -> None:
        """Ask the process to end, and make it end if it does not in time."""
        if self.exit_code is not None:
            return
        self.asked_to_end = True
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(timeout_s):
                await self._exited.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End the process at once, without a word to it (SIGKILL)."""
        if self.exit_code is not None:
            return
        self.asked_to_end = True
        self._signal(signal.SIGKILL)
        await self._exited.wait()

    def _signal(self, number: int) -> None:
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def _ready(self) -> None:
        self.is_ready = True
        self._changed.set()
        self.on_ready(self)

    def _exit(self, code: int) -> None:
        self.exit_code = code
        self._changed.set()
        self._exited.set()
        self.on_exit(self)


class NodeBox(Box):
    """A process of ours, forked by the fork server; it reports over a pipe when it is ready."""

    def __init__(self, component: Component, process: ForkServerProcess, report: Connection) -> None:
        assert process.pid is not None  # noqa: S101  it was started
        super().__init__(component, process.pid)
        self._process = process
        self._report = report

    def watch(self) -> None:
        """Watch the report pipe and the exit sentinel."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._report.fileno(), self._reported)
        loop.add_reader(self._process.sentinel, self._ended)

    def _reported(self) -> None:
        asyncio.get_running_loop().remove_reader(self._report.fileno())
        try:
            self._report.recv()
        except EOFError:
            return  # it ended before it was ready; the sentinel says so
        self._ready()

    def _ended(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._process.sentinel)
        loop.remove_reader(self._report.fileno())
        self._process.join()
        code = self._process.exitcode or 0
        self._report.close()
        self._process.close()
        self._exit(code)


class ProgramBox(Box):
    """A program of somebody else's; it is ready when its port accepts."""

    def __init__(self, component: Component, process: asyncio.subprocess.Process) -> None:
        super().__init__(component, process.pid)
        self._process = process
        self._tasks: list[asyncio.Task[None]] = []

    def watch(self) -> None:
        """Watch the port and the process."""
        self._tasks = [asyncio.create_task(self._await_port()), asyncio.create_task(self._await_exit())]

    async def _await_port(self) -> None:
        while self.exit_code is None:
            try:
                _reader, writer = await asyncio.open_connection(HOST, self.component.port)
            except OSError:
                await asyncio.sleep(CONNECT_RETRY_S)
                continue
            writer.close()
            self._ready()
            return

    async def _await_exit(self) -> None:
        self._exit(await self._process.wait())


def start_node(context: ForkServerContext, component: Component, plan: Plan) -> NodeBox:
    """Fork a box of ours. Blocks while the fork server comes up."""
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=nodes.run,
        args=(component.name, component.kind, plan, theirs),
        name=component.name,
        daemon=False,
    )
    process.start()
    theirs.close()
    return NodeBox(component, process, mine)


async def start_program(component: Component, command: list[str], log: Path) -> ProgramBox:
    """Start an engine, its output going to its log."""
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=fd, stderr=fd, start_new_session=True
        )
    finally:
        os.close(fd)
    return ProgramBox(component, process)
