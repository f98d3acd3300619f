"""The state file: how other commands find the running cluster, and how the next `up` finds a dead one's leftovers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import psutil

from workbench.cluster.plan import Plan
from workbench.errors import FailedError

if TYPE_CHECKING:
    from workbench.cluster.paths import Paths

END_TIMEOUT_S = 2.0


class ProcessId(msgspec.Struct, frozen=True):
    """A process, told apart from a later one that was given the same pid. `created` is Unix time in seconds."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """Identify a running process.

        Raises:
            psutil.NoSuchProcess: If there is none.
        """
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """Give the process if it still runs."""
        try:
            found = psutil.Process(self.pid)
            if abs(found.create_time() - self.created) < 0.02 and found.status() != psutil.STATUS_ZOMBIE:  # noqa: PLR2004
                return found
        except psutil.Error:
            return None
        return None


class State(msgspec.Struct):
    """A cluster that was started: its supervisor, where to talk to it, and every process it began."""

    supervisor: ProcessId
    control: str
    plan: Plan
    processes: dict[str, ProcessId]

    def save(self, paths: Paths) -> None:
        """Write the file in one step, readable by its owner alone: it holds the run's secret."""
        temporary = paths.state.with_suffix(".new")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(msgspec.json.encode(self))
        temporary.replace(paths.state)

    def is_running(self) -> bool:
        """Say whether the supervisor lives."""
        return self.supervisor.process() is not None

    def end_leftovers(self) -> list[str]:
        """Kill what a dead supervisor left running; name it."""
        found = {name: each.process() for name, each in self.processes.items()}
        alive = {name: process for name, process in found.items() if process is not None}
        for process in alive.values():
            process.kill()
        psutil.wait_procs(list(alive.values()), timeout=END_TIMEOUT_S)
        return sorted(alive)


def load(paths: Paths) -> State | None:
    """Read the state file; one that is missing or broken says that nothing runs.

    Raises:
        FailedError: If the home cannot be read.
    """
    try:
        return msgspec.json.decode(paths.state.read_bytes(), type=State)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    except OSError as exc:
        raise FailedError(
            f"{paths.home} is no usable home ({exc.strerror}): choose another with --home DIR or WORKBENCH_HOME"
        ) from None
