"""The cluster as a lesson or an interview needs it: the one that is up, or one started for it and ended after it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

import msgspec

from components.load_balancer.protocol import DEFAULT_SEED
from workbench.cli.language import answer_of, run_line
from workbench.cli.lifecycle import bring_up
from workbench.cli.observing import as_json
from workbench.cluster.plan import Options
from workbench.course.progress import Mark
from workbench.errors import Exit, NoClusterError, UsageProblem, WorkbenchError
from workbench.tracing.journal import read_all
from workbench.tracing.ordering import is_probe

if TYPE_CHECKING:
    from types import TracebackType

    from workbench.cli.context import Workbench
    from workbench.cluster.launch import Launched
    from workbench.course.lesson import Matter

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

    def ensure(self, matter: Matter | None = None) -> None:
        """Start a cluster if none runs, and see to it that it is one that the lesson speaks of.

        Raises:
            UsageProblem: If the cluster that is up is another one.
        """
        if self._launched is not None and self.trouble():
            self._workbench.note(
                "a box of the cluster that was started for this has died: starting another cluster"
            )
            self._launched.end()
        if not self.is_running():
            if self._launched is not None:
                self._launched.end()
            self._workbench.note("no cluster is up: starting one, it ends with this")
            self._launched = bring_up(self._workbench, self._options(matter))
        elif matter is not None:
            self._compare(matter)

    def _options(self, matter: Matter | None) -> Options:
        options = Options(home=str(self._workbench.home.absolute()), speed=self._speed)
        if matter is not None and matter.servers:
            options = msgspec.structs.replace(options, servers=matter.servers)
        if matter is not None and matter.phones:
            options = msgspec.structs.replace(options, phones=tuple(matter.phones))
        return options

    def _compare(self, matter: Matter) -> None:
        has = self._workbench.cluster().plan.options
        wrong_servers = matter.servers and (has.servers != matter.servers or has.seed != DEFAULT_SEED)
        missing = [phone for phone in matter.phones if phone not in has.phones]
        if wrong_servers or missing:
            phones = f" and the phones {', '.join(matter.phones)}" if matter.phones else ""
            servers = f"{matter.servers} chat servers" if matter.servers else "any chat servers"
            raise UsageProblem(
                f"this lesson speaks of a cluster with {servers}{phones}, and another one is up: end it with"
                " `workbench down`, and the lesson starts its own"
            )

    def trouble(self) -> str:
        """Say which boxes of the running cluster are down although nobody asked for it, or nothing."""
        try:
            cluster = self._workbench.cluster()
            answer = cluster.status()
        except WorkbenchError:
            return ""
        ended = read_all(self._workbench.paths.journal(cluster.plan.run))
        asked = {
            each.facts["name"]: each.facts["expected"] for each in ended if each.kind == "component_exited"
        }
        down = [
            row["name"]
            for row in answer["components"]
            if row["state"].startswith("down") and not asked.get(row["name"], False)
        ]
        return f"{', '.join(down)} {'is' if len(down) == 1 else 'are'} down" if down else ""

    def perform(self, line: str) -> Exit:
        """Run a command line as if it had been typed."""
        return run_line(self._workbench, line)

    def answer(self, line: str) -> Any:
        """Run a command line with `--json` unseen, and give its answer, or a string that says why there is none."""
        return answer_of(self._workbench.home, line)

    def now(self) -> Mark:
        """Mark this moment in the journal of the running cluster; without one, the beginning of the next."""
        try:
            return Mark(self._workbench.cluster().plan.run, time.monotonic_ns())
        except NoClusterError:
            return Mark("", 0)

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
