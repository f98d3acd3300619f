"""Commands that end and start chat servers under their phones: `server …`."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from components.device.protocol import Link
from components.load_balancer.protocol import Ring
from workbench.cli.context import Workbench, command_options, complete_chat_server
from workbench.cli.tables import print_rows
from workbench.errors import FailedError, TimedOutError, UsageProblem
from workbench.tracing.journal import Reader
from workbench.tracing.moving import Moves
from workbench.tracing.narration import Narrator
from workbench.tracing.ordering import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from workbench.cluster.control import Cluster

CHANGE_TIMEOUT_S = 10.0
"""What the supervisor may take beyond the time in which a box comes up."""

POLL_S = 0.05
NARRATED = 5
"""How many phones are told of line by line; the table has them all."""


@click.group()
def server() -> None:
    """End a chat server under its phones, for real, and start it again."""


def _options(function: Callable[..., None]) -> Callable[..., None]:
    timeout = click.option(
        "--timeout",
        "timeout_s",
        type=click.FloatRange(min=0.1, max=600),
        default=30.0,
        show_default=True,
        help="Follow what happens for at most so many seconds.",
    )
    name = click.argument("name", shell_complete=complete_chat_server)
    return name(timeout(command_options(function)))


@server.command()
@_options
def kill(workbench: Workbench, *, name: str, timeout_s: float) -> None:
    """Kill chat server NAME with SIGKILL, and follow its phones to other servers.

    Nobody says goodbye: the phones notice by their sockets, the load balancer by its next health check. If a
    phone has no server in time, the exit code is 4.
    """
    _end(workbench, name, "kill", timeout_s)


@server.command()
@_options
def stop(workbench: Workbench, *, name: str, timeout_s: float) -> None:
    """Stop chat server NAME in order, and follow its phones to other servers.

    It leaves the ring, finishes what is under way, and closes its connections with 1012, spread a little. If a
    phone has no server in time, the exit code is 4.
    """
    _end(workbench, name, "stop", timeout_s)


def _end(workbench: Workbench, name: str, change: str, timeout_s: float) -> None:
    cluster = workbench.cluster()
    _check_server(cluster, name)
    others = [
        row["name"]
        for row in cluster.status()["components"]
        if row["kind"] == "chat_server" and row["name"] != name and row["state"] == "up"
    ]
    moves = Moves(name, _phones_on(workbench, cluster, name))
    reader = Reader(workbench.paths.journal(cluster.plan.run), at_end=True)
    with ThreadPoolExecutor(1) as background:
        call = background.submit(_change, cluster, name, change)
        _follow(workbench, reader, moves, call, timeout_s if others else 0.0)
        row = call.result()
    if workbench.json:
        workbench.emit(
            {
                "server": name,
                "change": change,
                "pid": row["pid"],
                "exit_code": row["exit_code"],
                "signal": row["signal"],
                "phones": moves.all,
                "waiting": moves.waiting,
            }
        )
    else:
        _show(workbench, name, moves)
    if moves.waiting and not others:
        workbench.note(f"no other chat server is up: the phones wait for `workbench server start {name}`")
    elif moves.waiting:
        raise TimedOutError(
            f"{', '.join(moves.waiting)} of {len(moves.all)} still without a server after {timeout_s:g} s:"
            " see `workbench journal --follow`"
        )


def _follow(workbench: Workbench, reader: Reader, moves: Moves, call: Future[Any], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    narrator, window = Narrator(workbench.out), Window()
    narrated = {each.phone for each in moves.all[:NARRATED]}

    def over() -> bool:
        return call.done() and (
            call.exception() is not None or not moves.waiting or time.monotonic() > deadline
        )

    def tell(events: Any) -> None:
        for event in events:
            mine = moves.push(event)
            if mine and not workbench.json and event.facts.get("user") in (None, *narrated):
                narrator.tell(event, everything=True)

    for events in reader.follow(over):
        tell(window.push(events, time.monotonic_ns()))
    tell(window.push(reader.read(), time.monotonic_ns()))
    tell(window.flush())


def _show(workbench: Workbench, name: str, moves: Moves) -> None:
    if not moves.all:
        workbench.out.print(f"no phone of this cluster was connected to {name}: nobody has to move")
        return
    workbench.out.print()
    if len(moves.all) > NARRATED:
        workbench.out.print(f"(told line by line: {NARRATED} of {len(moves.all)} phones)")
    rows = [
        (
            each.phone,
            each.before,
            each.to or "none yet",
            f"{each.ms:.1f} ms" if each.ms is not None else "-",
            str(each.attempts),
        )
        for each in moves.all
    ]
    print_rows(workbench.out, ("phone", "from", "to", "back after", "attempts"), rows)


@server.command()
@_options
def start(workbench: Workbench, *, name: str, timeout_s: float) -> None:
    """Start chat server NAME again, on the ports that it had, and wait until it is back on the ring."""
    cluster = workbench.cluster()
    _check_server(cluster, name)
    reader = Reader(workbench.paths.journal(cluster.plan.run), at_end=True)
    row = _change(cluster, name, "start")
    if "problem" in row:
        raise FailedError(f"{name} did not come up: {row['problem']}; see `workbench logs {name}`")
    deadline = time.monotonic() + timeout_s
    while name not in (healthy := _healthy(cluster)) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    phones = _connected(workbench, cluster)
    ring = _ring(cluster, healthy)
    theirs = [user for user in cluster.plan.options.phones if ring.server_of(user) == name]
    if workbench.json:
        workbench.emit(
            {
                "server": name,
                "change": "start",
                "pid": row["pid"],
                "on_ring": name in healthy,
                "connected": phones,
                "share": theirs,
            }
        )
    else:
        moves, narrator = Moves(name, ()), Narrator(workbench.out)
        for event in sorted(reader.read(), key=lambda event: event.t_ns):
            if moves.push(event):
                narrator.tell(event, everything=True)
        _show_started(workbench, name, phones, theirs)
    if name not in healthy:
        raise TimedOutError(
            f"{name} is up, but not on the ring after {timeout_s:g} s: see `workbench logs lb`"
        )


def _show_started(workbench: Workbench, name: str, phones: dict[str, str], theirs: list[str]) -> None:
    workbench.out.print()
    elsewhere = [f"{user} on {phones[user]}" for user in theirs if phones.get(user, name) != name]
    stay = f": {_some(elsewhere)}" if elsewhere else ""
    workbench.out.print(f"Connections that exist stay where they are{stay}.")
    share = (
        f"by the ring {_some(theirs)} belong{'s' if len(theirs) == 1 else ''} to {name}, from the next connect on"
        if theirs
        else f"of the phones of this cluster the ring gives {name} none"
    )
    workbench.out.print(f"New ones take their share: {share}.")


def _some(names: list[str]) -> str:
    more = len(names) - NARRATED
    return ", ".join(names[:NARRATED]) + (f" and {more} more" if more > 0 else "")


def _change(cluster: Cluster, name: str, change: str) -> dict[str, Any]:
    answer: dict[str, Any] = cluster.call(
        "POST",
        f"{cluster.state.control}/boxes/{quote(name, safe='')}/{change}",
        timeout_s=cluster.plan.boot_timeout_s + CHANGE_TIMEOUT_S,
    )
    return answer


def _check_server(cluster: Cluster, name: str) -> None:
    servers = ", ".join(each.name for each in cluster.plan.all("chat_server"))
    component = cluster.plan.component(name)
    if component is None and name in cluster.plan.options.phones:
        raise UsageProblem(f"{name} is a phone, no chat server: `server` acts on {servers}")
    if component is None:
        raise UsageProblem(f"no chat server {name!r}: there are {servers}")
    if component.kind != "chat_server":
        raise UsageProblem(f"{name} is no chat server: `server` acts on {servers}")


def _connected(workbench: Workbench, cluster: Cluster) -> dict[str, str]:
    """Ask which phone is connected to which server."""
    try:
        phones = cluster.call("GET", f"{cluster.plan.one('phones').private}/phones")
    except (FailedError, TimedOutError) as exc:
        workbench.note(f"the phones cannot be followed: {exc}")
        return {}
    return {each["user"]: each["server"] for each in phones if each["link"] == Link.ONLINE and each["server"]}


def _phones_on(workbench: Workbench, cluster: Cluster, name: str) -> list[str]:
    return [user for user, there in _connected(workbench, cluster).items() if there == name]


def _healthy(cluster: Cluster) -> list[str]:
    """Ask which servers are on the ring."""
    answer = cluster.call("GET", f"{cluster.plan.one('load_balancer').private}/where?user=nobody")
    found: list[str] = answer["healthy"]
    return found


def _ring(cluster: Cluster, healthy: list[str]) -> Ring:
    ring = Ring([each.name for each in cluster.plan.all("chat_server")], cluster.plan.options.seed)
    for each in healthy:
        ring.set_health(each, healthy=True)
    return ring
