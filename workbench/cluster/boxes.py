"""The cluster's processes: started from the plan, watched, ended in an order that loses nothing."""

from __future__ import annotations

import asyncio
import multiprocessing
from typing import TYPE_CHECKING, Any

from components.trace.events import ComponentExited
from workbench.cluster import nodes
from workbench.cluster.engines import broker_command, redis_command
from workbench.cluster.exits import signal_of
from workbench.cluster.processes import Box, start_node, start_program

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.context import ForkServerContext
    from pathlib import Path

    from components.trace.journal import Journal
    from workbench.cluster.paths import Paths
    from workbench.cluster.plan import Component, Plan

STOP_ORDER = (
    "phones",
    "load_balancer",
    "chat_server",
    "delivery_worker",
    "push",
    "apns",
    "fcm",
    "message_store",
    "directory",
    "redis",
    "kafka",
)

STOP_TIMEOUT_S = 5.0
"""How long a box that is stopped alone may take: a chat server finishes what is under way and lets its phones go."""


class BoxError(Exception):
    """A box cannot be started or ended as asked; the text says why, in one line."""


class Boxes:
    """Every process of one plan. `record` is told each new one's name and pid, `on_ready` which box serves."""

    def __init__(
        self,
        plan: Plan,
        paths: Paths,
        journal: Journal,
        *,
        record: Callable[[str, int], None],
        on_ready: Callable[[Box], None],
    ) -> None:
        self._plan = plan
        self._paths = paths
        self._journal = journal
        self._record = record
        self._on_ready = on_ready
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(nodes.PRELOAD)
        self._boxes: dict[str, Box] = {}
        self._ending = False
        self._starting = asyncio.Lock()

    async def start_all(self) -> None:
        """Start what the plan names, in its order, without waiting until it serves."""
        for component in self._plan.components:
            if not component.external:
                await self._start(component)

    async def _start(self, component: Component) -> None:
        box: Box
        if component.kind == "kafka":
            box = await start_program(
                component, broker_command(component, self._plan), self.log(component.name)
            )
        elif component.kind == "redis" and self._plan.options.redis == "server":
            box = await start_program(component, redis_command(component), self.log(component.name))
        else:
            loop = asyncio.get_running_loop()
            box = await loop.run_in_executor(None, start_node, self._context, component, self._plan)
        self._boxes[component.name] = box
        self._record(component.name, box.pid)
        box.on_ready = self._on_ready
        box.on_exit = self._exited
        box.watch()

    def _exited(self, box: Box) -> None:
        self._journal.write(
            ComponentExited(box.component.name, box.exit_code or 0, self._ending or box.asked_to_end)
        )

    async def first_failure(self) -> Box | None:
        """Wait until every box serves; give the first that ended instead."""
        for box in self._boxes.values():
            if not await box.started():
                return box
        return None

    def late(self) -> Box:
        """Give a box that does not serve yet."""
        return next(box for box in self._boxes.values() if not box.is_ready)

    # One box at a time --------------------------------------------------------------------------------------------

    async def kill(self, name: str) -> dict[str, Any]:
        """End one box with SIGKILL, as a crash would, and describe it.

        Raises:
            BoxError: If there is no such box, or it is down.
        """
        box = self._running(name)
        await box.kill()
        return self.row(box.component)

    async def stop(self, name: str) -> dict[str, Any]:
        """End one box with SIGTERM, so that it can leave in order, and describe it.

        Raises:
            BoxError: If there is no such box, or it is down or on its way there.
        """
        box = self._running(name)
        if box.state == "stopping":
            raise BoxError(f"{name} is stopping already")
        await box.end(STOP_TIMEOUT_S)
        return self.row(box.component)

    async def start(self, name: str) -> dict[str, Any]:
        """Start one box that is down, on the ports that it had; wait until it serves, and describe it.

        If it does not come up, `problem` says why.

        Raises:
            BoxError: If there is no such box, or it is not down.
        """
        before = self._box(name)
        async with self._starting:
            if self._ending:
                raise BoxError("the cluster is ending")
            if self._boxes[name].state != "down":
                raise BoxError(f"{name} is {self._boxes[name].state} already")
            await self._start(before.component)
        box = self._boxes[name]
        try:
            async with asyncio.timeout(self._plan.boot_timeout_s):
                serves = await box.started()
        except TimeoutError:
            await box.kill()
            serves = False
        row = self.row(box.component)
        return row if serves else row | {"problem": self.last_words(name) or f"exit code {box.exit_code}"}

    def _running(self, name: str) -> Box:
        box = self._box(name)
        if box.exit_code is not None:
            raise BoxError(f"{name} is down already")
        return box

    def _box(self, name: str) -> Box:
        component = self._plan.component(name)
        if component is None:
            raise BoxError(
                f"no box {name!r}: there are {', '.join(each.name for each in self._plan.components)}"
            )
        if component.external:
            raise BoxError(f"{name} is not ours to start or end: it runs at {component.shown}")
        return self._boxes[name]

    # All of them --------------------------------------------------------------------------------------------------

    async def end_all(self) -> None:
        """End every process, kind after kind.

        Phones first, so that nothing new comes in; then those who take; then those who deliver, once they are
        through; the engines last.
        """
        self._ending = True
        async with self._starting:
            pass  # a box that is being forked now must not be missed
        for kind in STOP_ORDER:
            boxes = [box for box in self._boxes.values() if box.component.kind == kind]
            await asyncio.gather(*(box.end() for box in boxes))

    def log(self, name: str) -> Path:
        """Say where a box's output goes."""
        return self._paths.logs(self._plan.run) / f"{name}.log"

    def last_words(self, name: str) -> str:
        """Give the last line of a box's log; empty if it said nothing."""
        log = self.log(name)
        lines = log.read_text(errors="replace").split("\n") if log.exists() else []
        return next((line for line in reversed(lines) if line.strip()), "")

    def rows(self) -> list[dict[str, Any]]:
        """Describe every box of the plan, as `status` shows it."""
        return [self.row(component) for component in self._plan.components]

    def row(self, component: Component) -> dict[str, Any]:
        """Describe one box."""
        box = self._boxes.get(component.name)
        return {
            "name": component.name,
            "kind": component.kind,
            "pid": box.pid if box else None,
            "endpoint": component.shown if component.port or component.external else None,
            "state": box.state if box else "external",
            "exit_code": box.exit_code if box else None,
            "signal": signal_of(box.exit_code) if box else None,
        }
