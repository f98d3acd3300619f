"""Ends a running cluster and makes sure that nothing of it is left."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psutil

from workbench.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.cluster.control import Cluster
    from workbench.cluster.state import State

TIMEOUT_S = 15.0
KILL_TIMEOUT_S = 2.0
POLL_S = 0.01


def processes_of(found: State) -> list[psutil.Process]:
    """List every process of a cluster: the supervisor, its own children, and all boxes."""
    supervisor = found.supervisor.process()
    family = [supervisor, *supervisor.children(recursive=True)] if supervisor else []
    recorded = [each.process() for each in found.processes.values()]
    return list({each.pid: each for each in (*family, *recorded) if each is not None}.values())


def end(cluster: Cluster) -> int:
    """Ask the supervisor to end everything, wait, and give the number of processes that ended.

    Raises:
        FailedError: If some could not be ended.
    """
    everything = processes_of(cluster.state)
    cluster.call("POST", f"{cluster.state.control}/down")
    await_end(everything)
    return len(everything)


def await_end(everything: Iterable[psutil.Process]) -> None:
    """Wait until processes are gone; kill what is not gone in time.

    Raises:
        FailedError: If some could not be ended.
    """
    alive = _await(list(everything), TIMEOUT_S)
    for process in alive:
        process.kill()
    alive = _await(alive, KILL_TIMEOUT_S)
    if alive:
        raise FailedError(f"these processes could not be ended: {', '.join(str(each.pid) for each in alive)}")


def _await(processes: list[psutil.Process], timeout_s: float) -> list[psutil.Process]:
    deadline = time.monotonic() + timeout_s
    while (processes := [each for each in processes if runs(each)]) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return processes


def runs(process: psutil.Process) -> bool:
    """Say whether a process runs. A zombie does not: it has ended, and waits for init to take note."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
