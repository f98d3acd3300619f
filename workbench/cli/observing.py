"""Commands that look: `status`, `trace`, `where`, `logs`, `journal`. They change nothing."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click
from rich.table import Table
from rich.text import Text

from workbench.cli.context import Workbench, command_options, complete_component, complete_phone
from workbench.cli.names import check_user
from workbench.errors import FailedError, NoClusterError, UsageProblem
from workbench.tracing.journal import Reader, Seen, read_all
from workbench.tracing.narration import Narrator
from workbench.tracing.ordering import Window, trace_of

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.cluster.plan import Plan


@click.command()
@command_options
def status(workbench: Workbench) -> None:
    """Show every box: its process, where it is reached, how it is."""
    answer = workbench.cluster().status()
    if workbench.json:
        workbench.emit(answer)
    else:
        show_components(workbench, answer)


def show_components(workbench: Workbench, answer: dict[str, Any]) -> None:
    """Print the address table."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "box", "pid", "reached at", "state"):
        table.add_column(heading, overflow="fold")
    for row in answer["components"]:
        how = row["state"]
        if row["exit_code"] is not None:
            how += f" ({row['signal']})" if row["signal"] else f" (exit code {row['exit_code']})"
        pid = str(row["pid"]) if row["pid"] else "-"
        table.add_row(row["name"], row["kind"].replace("_", " "), pid, row["endpoint"] or "-", how)
    workbench.out.print(table)
    workbench.out.print(Text(f"{answer['state']}, home {answer['home']}", style="dim"))


@click.command()
@click.argument("message", default="last")
@command_options
def trace(workbench: Workbench, *, message: str) -> None:
    """Tell again how MESSAGE (an id, or `last`) travelled. Works after `down` too, on the last run."""
    found = trace_of(read_all(latest_journal(workbench)), message)
    if found is None:
        hint = (
            "send one with `workbench send`"
            if message == "last"
            else "`workbench trace last` shows the newest"
        )
        raise UsageProblem(f"no message {message} in this run: {hint}")
    message_id, events = found
    if not workbench.json:
        narrator = Narrator(workbench.out)
        for event in events:
            narrator.tell(event)
        return
    seqs = [event.facts["seq"] for event in events if event.kind == "sequence_assigned"]
    workbench.emit(
        {
            "trace_id": events[0].trace_id,
            "message_id": message_id,
            "seq": seqs[0] if seqs else None,
            "events": [as_json(event) for event in events],
        }
    )


def as_json(event: Seen) -> dict[str, Any]:
    """Give an event as it is shown with `--json`."""
    return {
        "t_ns": event.t_ns,
        "component": event.component,
        "kind": event.kind,
        "step": event.step,
        "link": event.link,
        "facts": event.facts,
    }


def latest_journal(workbench: Workbench) -> Path:
    """Find the journal of the running cluster, or of the last run.

    Raises:
        NoClusterError: If there never was one under this home.
    """
    try:
        return workbench.paths.journal(workbench.cluster().plan.run)
    except NoClusterError:
        found = sorted(workbench.paths.runs.glob("*/journal.jsonl"))
        if not found:
            raise
        return found[-1]


@click.command()
@click.argument("user", shell_complete=complete_phone)
@command_options
def where(workbench: Workbench, *, user: str) -> None:
    """Say on which chat server USER should be (the ring) and is (the connection map)."""
    cluster = workbench.cluster()
    check_user(cluster, user)
    ring = cluster.call("GET", f"{cluster.plan.one('load_balancer').private}/where?user={quote(user)}")
    route = asyncio.run(_route(cluster.plan, user))
    answer = {"user": user, "ring": ring["server"], "healthy": ring["healthy"], "connection_map": route}
    if workbench.json:
        workbench.emit(answer)
        return
    workbench.out.print(
        f"ring:           {user} belongs on {ring['server'] or 'no server (none is healthy)'}"
    )
    here = f"{route['server']}, connection {route['connection']}" if route else "nowhere: not connected"
    workbench.out.print(
        f"connection map: {user} is on {here}" if route else f"connection map: {user} is {here}"
    )


async def _route(plan: Plan, user: str) -> dict[str, str] | None:
    from components.connection_map.adapter import ConnectionMap, ConnectionMapError  # noqa: PLC0415  slow to import
    from workbench.cluster.nodes import redis_prefix  # noqa: PLC0415

    redis = ConnectionMap(plan.one("redis").endpoint, redis_prefix(plan))
    try:
        route = (await redis.lookup([user]))[user]
    except ConnectionMapError as exc:
        raise FailedError(f"redis does not answer ({exc}): see `workbench status`") from exc
    finally:
        await redis.close()
    return {"server": route.server, "connection": route.connection} if route else None


@click.command()
@click.argument("component", required=False, shell_complete=complete_component)
@command_options
def logs(workbench: Workbench, *, component: str | None) -> None:
    """Print the log of COMPONENT, or list all logs. They hold what went wrong; what happened is in the journal."""
    folder = workbench.paths.logs(latest_journal(workbench).parent.name)
    files = {path.stem: path for path in sorted(folder.glob("*.log"))}
    if component is None:
        rows = [
            {"component": name, "log": str(path), "bytes": path.stat().st_size}
            for name, path in files.items()
        ]
        if workbench.json:
            workbench.emit(rows)
            return
        for row in rows:
            workbench.out.print(
                f"{row['component']:<12} {row['bytes']:>8} bytes  {row['log']}", soft_wrap=True
            )
        return
    if component not in files:
        raise UsageProblem(f"no component {component!r}: there are {', '.join(files)}")
    lines = files[component].read_text(errors="replace").splitlines()
    if workbench.json:
        workbench.emit({"component": component, "log": str(files[component]), "lines": lines})
    elif lines:
        for line in lines:
            workbench.out.print(line, markup=False, soft_wrap=True)
    else:
        workbench.note(f"the log of {component} is empty: nothing went wrong there")


@click.command()
@click.option("--follow", is_flag=True, help="Go on with what happens from now, until Ctrl-C.")
@command_options
def journal(workbench: Workbench, *, follow: bool) -> None:
    """Tell everything that happened in this run, also behind the scenes. With `--json`: the events as JSON lines."""
    path = latest_journal(workbench)
    reader, narrator, window = Reader(path), Narrator(workbench.out), Window()

    def show(events: list[Seen]) -> None:
        for event in events:
            if workbench.json:
                workbench.emit(as_json(event) | {"trace_id": event.trace_id})
            else:
                narrator.tell(event, everything=True)

    if follow:
        workbench.cluster()
        for events in reader.follow(lambda: False):
            show(window.push(events, time.monotonic_ns()))
    show(sorted(reader.read(), key=lambda event: event.t_ns))
    if reader.unreadable:
        workbench.note(f"{reader.unreadable} lines of {path} could not be read: the disk may have been full")
