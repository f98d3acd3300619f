"""Starts the supervisor from a command, and listens to its reports."""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil

from workbench.cluster import engines, state
from workbench.cluster.paths import Paths
from workbench.cluster.plan import HOST, Options, make_plan
from workbench.cluster.shutdown import await_end
from workbench.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.cluster.plan import Plan

LISTENING_PORTS = range(20_000, 32_000)
"""Below what Linux (from 32768) and macOS (from 49152) use for outgoing connections."""

DETACH = b"d"
"""What `up --detach` writes on the lifeline once the cluster is ready."""


class Launched:
    """A supervisor on its way up. It ends its cluster when the lifeline closes, unless it was told to detach."""

    def __init__(
        self, process: subprocess.Popen[bytes], reports: int, lifeline: int, plan: Plan, log: Path
    ) -> None:
        self.detached = False
        self.log = log
        self._process = process
        self._reports = os.fdopen(reports, "rb")
        self._lifeline = lifeline
        self.plan = plan

    @property
    def pid(self) -> int:
        """The supervisor's process."""
        return self._process.pid

    def reports(self) -> Iterator[dict[str, Any]]:
        """Yield what the supervisor says, until it is ready, has failed, or ended."""
        for line in self._reports:
            report = msgspec.json.decode(line)
            yield report
            if report["event"] in ("ready", "failed"):
                return

    def is_running(self) -> bool:
        """Say whether the supervisor lives."""
        return self._process.poll() is None

    def detach(self) -> None:
        """Let the cluster live on without us."""
        os.write(self._lifeline, DETACH)
        self.detached = True

    def end(self) -> None:
        """Cut the lifeline and wait until every process is gone."""
        family = _family(self._process.pid)
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        self._reports.close()
        self._process.wait()
        await_end(family)


def _family(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def launch(options: Options) -> Launched:
    """Start a cluster's supervisor.

    Raises:
        FailedError: If the home cannot be written, or an engine does not answer at its address.
        UsageProblem: If an engine that was asked for does not exist here.
    """
    engines.check(options)
    paths = Paths(Path(options.home))
    run = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(2)
    try:
        paths.create(run)
    except OSError as exc:
        raise FailedError(
            f"{options.home} cannot be written ({exc.strerror}): choose another with --home DIR"
        ) from exc
    namespace = hashlib.sha256(str(paths.home.resolve()).encode()).hexdigest()[:10]
    plan = make_plan(options, run, secrets.token_urlsafe(32), namespace, _port_chooser(options.base_port))
    return _start(plan, paths)


def _start(plan: Plan, paths: Paths) -> Launched:
    reports, report = os.pipe()
    lifeline_end, lifeline = os.pipe()
    control = socket.create_server((HOST, 0))
    log_file = paths.logs(plan.run) / "supervisor.log"
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    process = subprocess.Popen(  # noqa: S603  our own module
        [
            sys.executable,
            "-m",
            "workbench.cluster.supervisor",
            *map(str, (report, control.fileno(), lifeline_end)),
        ],
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=log,
        pass_fds=(report, control.fileno(), lifeline_end),
        start_new_session=True,
        cwd=paths.home,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdin is not None  # noqa: S101  PIPE was asked for
    process.stdin.write(msgspec.json.encode(plan))
    process.stdin.close()
    control.close()
    for fd in (report, lifeline_end, log):
        os.close(fd)
    return Launched(process, reports, lifeline, plan, log_file)


def _port_chooser(base: int | None) -> Any:
    def free(count: int) -> Sequence[int]:
        if base is not None:
            return range(base, base + count)
        # Not from the kernel's own choice: those are the ports that it also gives to outgoing connections, of which a
        # starting cluster makes many. Between here and the bind another program may still take one; then the box that
        # wanted it says so, and `up` again finds others.
        ports: list[int] = []
        for port in random.sample(LISTENING_PORTS, len(LISTENING_PORTS)):
            if len(ports) == count:
                return ports
            try:
                socket.create_server((HOST, port)).close()
            except OSError:
                continue
            ports.append(port)
        raise FailedError(f"no {count} ports are free between {LISTENING_PORTS[0]} and {LISTENING_PORTS[-1]}")

    return free


class UpLock:
    """Lets one `up` at a time look at a home and start a cluster in it."""

    def __init__(self, paths: Paths) -> None:
        try:
            paths.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(paths.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise FailedError(
                f"{paths.home} cannot be written ({exc.strerror}): choose another with --home DIR"
            ) from exc
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._fd)
            raise FailedError(
                "another `up` is starting a cluster under this home: wait for it, or choose --home"
            ) from None

    def release(self) -> None:
        """Let the next one; safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def clean_leftovers(paths: Paths) -> list[str] | None:
    """End what a dead supervisor left behind; None if there is no dead one, else the names of what still ran."""
    left = state.load(paths)
    if left is None or left.is_running():
        return None
    names = left.end_leftovers()
    paths.state.unlink(missing_ok=True)
    return names
