"""Starts the boxes, watches them, answers `status` and `down`, and ends them in an order that loses nothing.

A program of its own in a session of its own, so that neither Ctrl-C nor a closed terminal reaches it. A foreground
`up` holds the other end of its lifeline, a pipe: when that closes, however `up` ended, the cluster ends too.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil
from aiohttp import web

import workbench
from components.internal_http import server
from components.internal_http.client import Client, RejectedError, UnreachableError
from components.trace.events import ComponentExited, ComponentStarted, RunStarted, RunStopped
from components.trace.journal import Journal
from components.wire.traceparent import Trace
from workbench.cluster import nodes
from workbench.cluster.engines import broker_command, redis_command
from workbench.cluster.paths import Paths
from workbench.cluster.plan import HOST, Component, Plan
from workbench.cluster.processes import Box, start_node, start_program
from workbench.cluster.state import ProcessId, State

if TYPE_CHECKING:
    import socket
    from multiprocessing.context import ForkServerContext

LATE_S = 5.0
PROBE_TIMEOUT_S = 10.0
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


class Supervisor:
    """Runs one plan."""

    def __init__(self, plan: Plan, report_fd: int) -> None:
        self._plan = plan
        self._paths = Paths(Path(plan.options.home))
        self._report_fd = report_fd
        self._journal = Journal(self._paths.journal(plan.run), "supervisor")
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(nodes.PRELOAD)
        self._boxes: dict[str, Box] = {}
        self._stopping = False
        self._state = "starting"
        self.down = asyncio.Event()

    # Start --------------------------------------------------------------------------------------------------------

    async def run(self, control: socket.socket, lifeline_fd: int) -> int:
        """Start everything, stay until told to end, end everything; give the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.down.set)
        loop.add_reader(lifeline_fd, self._lifeline_event, lifeline_fd)
        runner = await server.serve(self._application(), control)
        guard = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "workbench.cluster.guard",
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        assert guard.stdin is not None  # noqa: S101  PIPE was asked for
        self._guard_input = guard.stdin
        self._control = f"http://{HOST}:{control.getsockname()[1]}"
        self._state_file = State(ProcessId.of(os.getpid()), self._control, self._plan, {})
        self._remember("guard", guard.pid, guarded=False)
        self._journal.write(
            RunStarted(
                self._plan.run,
                time.time(),
                self._plan.options.speed,
                self._plan.options.seed,
                workbench.__version__,
            )
        )
        try:
            failed = await self._bring_up()
        finally:
            if not self.down.is_set() and self._state == "ready":
                await self.down.wait()
            await self._end()
        self._journal.write(RunStopped(self._plan.run))
        guard.stdin.close()
        await guard.wait()
        await runner.cleanup()
        self._paths.state.unlink(missing_ok=True)
        return 1 if failed else 0

    async def _bring_up(self) -> bool:
        """Start all boxes and send the probe; say whether it failed."""
        for component in self._plan.components:
            if not component.external:
                await self._start(component)
        self._state_file.save(self._paths)
        up = asyncio.ensure_future(self._all_ready())
        down = asyncio.ensure_future(self.down.wait())
        await asyncio.wait(
            {up, down}, return_when=asyncio.FIRST_COMPLETED, timeout=self._plan.boot_timeout_s + LATE_S
        )
        if self.down.is_set():
            up.cancel()
            return True
        problem = up.result() if up.done() else self._late()
        up.cancel()
        if problem is None:
            problem = await self._probe()
        if problem is not None:
            self._tell(problem)
            return True
        self._state = "ready"
        self._tell({"event": "ready", "control": self._control})
        return False

    async def _start(self, component: Component) -> None:
        box: Box
        if component.kind == "kafka":
            box = await start_program(
                component, broker_command(component, self._plan), self._log(component.name)
            )
        elif component.kind == "redis" and self._plan.options.redis == "server":
            box = await start_program(component, redis_command(component), self._log(component.name))
        else:
            loop = asyncio.get_running_loop()
            box = await loop.run_in_executor(None, start_node, self._context, component, self._plan)
        self._boxes[component.name] = box
        self._remember(component.name, box.pid)
        box.on_ready = self._box_ready
        box.on_exit = self._box_exited
        box.watch()

    def _remember(self, name: str, pid: int, *, guarded: bool = True) -> None:
        try:
            process = ProcessId.of(pid)
        except psutil.NoSuchProcess:
            return  # it ended before it could be looked at; its exit code tells more
        self._state_file.processes[name] = process
        if guarded:
            self._guard_input.write(f"{process.pid} {process.created!r}\n".encode())

    async def _all_ready(self) -> dict[str, Any] | None:
        for box in self._boxes.values():
            if not await box.started():
                return self._failure(box)
        return None

    def _late(self) -> dict[str, Any]:
        late = next(box for box in self._boxes.values() if not box.is_ready)
        return self._failure(late)

    def _failure(self, box: Box) -> dict[str, Any]:
        return self._failed(box.component.name, box.component.name, box.exit_code)

    def _failed(self, what: str, log_of: str, exit_code: int | None, why: str = "") -> dict[str, Any]:
        log = self._log(log_of)
        lines = log.read_text(errors="replace").split("\n") if log.exists() else []
        last_line = next((line for line in reversed(lines) if line.strip()), "")
        return {
            "event": "failed",
            "component": what,
            "log": str(log),
            "exit_code": exit_code,
            "why": why or last_line,
        }

    async def _probe(self) -> dict[str, Any] | None:
        client = Client(self._plan.secret, timeout_s=PROBE_TIMEOUT_S + 2)
        sender, recipient = self._plan.probe
        body = ProbeBody(sender, recipient, Trace.start().header, PROBE_TIMEOUT_S)
        try:
            answer = await client.post(f"{self._plan.one('phones').private}/probe", body, dict[str, Any])
        except (UnreachableError, RejectedError) as exc:
            return self._failed("probe", "phones", None, str(exc))
        finally:
            await client.close()
        if answer["status"] == "delivered":
            return None
        why = f"the message from {sender} to {recipient} is {answer['status']}, not delivered"
        return self._failed("probe", "phones", None, why)

    def _box_ready(self, box: Box) -> None:
        component = box.component
        self._journal.write(ComponentStarted(component.name, component.kind, box.pid, component.shown))
        self._tell({"event": "started", "component": component.name})

    def _box_exited(self, box: Box) -> None:
        self._journal.write(ComponentExited(box.component.name, box.exit_code or 0, self._stopping))

    def _log(self, name: str) -> Path:
        return self._paths.logs(self._plan.run) / f"{name}.log"

    # End ----------------------------------------------------------------------------------------------------------

    def _lifeline_event(self, fd: int) -> None:
        # A byte says that `up` detaches on purpose; the end of the pipe that it is gone, however it went.
        asyncio.get_running_loop().remove_reader(fd)
        if not os.read(fd, 1):
            self.down.set()

    async def _end(self) -> None:
        # Phones first, so that nothing new comes in; then those who take; then those who deliver, once they are
        # through; the engines last.
        self._stopping, self._state = True, "stopping"
        for kind in STOP_ORDER:
            boxes = [box for box in self._boxes.values() if box.component.kind == kind]
            await asyncio.gather(*(box.end() for box in boxes))

    # Control ------------------------------------------------------------------------------------------------------

    def _application(self) -> web.Application:
        app = server.application(self._plan.secret)
        app.add_routes([web.get("/status", self._status), web.post("/down", self._down)])
        return app

    async def _status(self, _request: web.Request) -> web.Response:
        return server.reply(
            {"state": self._state, "home": self._plan.options.home, "components": self._rows()}
        )

    def _rows(self) -> list[dict[str, Any]]:
        rows = []
        for component in self._plan.components:
            box = self._boxes.get(component.name)
            rows.append(
                {
                    "name": component.name,
                    "kind": component.kind,
                    "pid": box.pid if box else None,
                    "endpoint": component.shown if component.port or component.external else None,
                    "state": box.state if box else "external",
                    "exit_code": box.exit_code if box else None,
                }
            )
        return rows

    async def _down(self, _request: web.Request) -> web.Response:
        self.down.set()
        return server.reply(body=True)

    def _tell(self, message: dict[str, Any]) -> None:
        try:
            os.write(self._report_fd, msgspec.json.encode(message) + b"\n")
        except OSError:
            return  # `up` is gone; the lifeline says so too


class ProbeBody(msgspec.Struct):
    """Asks the phones for the probe."""

    sender: str
    recipient: str
    traceparent: str
    timeout_s: float


def main() -> None:
    """Run the plan that comes on standard input; arguments: report fd, control socket fd, lifeline fd."""
    import socket as sockets  # noqa: PLC0415

    report_fd, control_fd, lifeline_fd = map(int, sys.argv[1:4])
    for fd in (report_fd, control_fd, lifeline_fd):
        if fd >= 0:
            os.set_inheritable(fd, False)  # noqa: FBT003  it takes no keyword
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    async def run() -> int:
        return await Supervisor(plan, report_fd).run(sockets.socket(fileno=control_fd), lifeline_fd)

    sys.exit(asyncio.run(run()))


if __name__ == "__main__":
    main()
