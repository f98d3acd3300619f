"""The cluster as a lesson or an interview needs it: the one that is up, or one started for it and ended after it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from workbench.cli.language import answer_of, run_line
from workbench.cli.lifecycle import bring_up
from workbench.cli.observing import as_json
from workbench.cluster.plan import Options
from workbench.course.progress import Mark
from workbench.errors import Exit, NoClusterError
from workbench.tracing.journal import read_all
from workbench.tracing.ordering import is_probe

if TYPE_CHECKING:
    from types import TracebackType

    from workbench.cli.context import Workbench
    from workbench.cluster.launch import Launched

SETTLE_S = 3.0
POLL_S = 0.02


class LiveStage:
    """A context: on leaving it, a cluster that it started is ended. `speed` is for those that it starts."""

    def __init__(self, workbench: Workbench, *, speed: float = 1.0) -> None:
        self._workbench = workbench
        self._speed = speed
        self._launched: Launched | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._launched is not None:
            self._workbench.note("ending the cluster that was started for this …")
            self._launched.end()
            self._launched = None

    def is_running(self) -> bool:
        """Say whether there is a cluster."""
        try:
            self._workbench.cluster()
        except NoClusterError:
            return False
        return True

    def ensure(self) -> None:
        """Start a cluster if none runs."""
        if self.is_running():
            return
        if self._launched is not None:
            self._launched.end()
        self._workbench.note("no cluster is up: starting one, it ends with this")
        self._launched = bring_up(
            self._workbench, Options(home=str(self._workbench.home.absolute()), speed=self._speed)
        )

    def perform(self, line: str) -> Exit:
        """Run a command line as if it had been typed."""
        return run_line(self._workbench, line)

    def answer(self, line: str) -> Any:
        """Run a command line with `--json` unseen, and give its answer, or a string that says why there is none."""
        return answer_of(self._workbench.home, line)

    def now(self) -> Mark | None:
        """Mark this moment in the journal of the running cluster; None if none runs."""
        try:
            return Mark(self._workbench.cluster().plan.run, time.monotonic_ns())
        except NoClusterError:
            return None

    def events(self, since: Mark | None) -> list[dict[str, Any]]:
        """Give what the running cluster's journal shows since a mark; all of it if the mark is another run's."""
        try:
            run = self._workbench.cluster().plan.run
        except NoClusterError:
            return []
        after = since.t_ns if since is not None and since.run == run else 0
        seen = sorted(read_all(self._workbench.paths.journal(run)), key=lambda each: each.t_ns)
        return [
            as_json(each) | {"trace_id": each.trace_id}
            for each in seen
            if each.t_ns > after and not is_probe(each)
        ]
