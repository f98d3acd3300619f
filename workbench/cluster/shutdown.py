"""Ends a running cluster and makes sure that nothing of it is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from workbench.errors import FailedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.cluster.control import Cluster
    from workbench.cluster.state import State

TIMEOUT_S = 15.0


def processes_of(found: State) -> list[psutil.Process]:
    """List every process of a cluster: the supervisor, its helpers, and all boxes."""
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
    _gone, alive = psutil.wait_procs(list(everything), timeout=TIMEOUT_S)
    for process in alive:
        process.kill()
    _gone, alive = psutil.wait_procs(alive, timeout=2)
    if alive:
        raise FailedError(f"these processes could not be ended: {', '.join(str(each.pid) for each in alive)}")
