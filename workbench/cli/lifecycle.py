"""Commands that begin and end a cluster: `up`, `down`, `reset`."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import click

from components.device.protocol import Link
from components.load_balancer.protocol import DEFAULT_SEED
from workbench.cli.context import Workbench, command_options
from workbench.cli.observing import show_components
from workbench.cli.up_options import kafka, phones, redis
from workbench.cluster import shutdown
from workbench.cluster.control import Cluster
from workbench.cluster.launch import Launched, UpLock, clean_leftovers, launch
from workbench.cluster.plan import Options
from workbench.errors import FailedError, NoClusterError, UsageProblem
from workbench.tracing.journal import Reader
from workbench.tracing.narration import Narrator
from workbench.tracing.ordering import Window

if TYPE_CHECKING:
    from collections.abc import Callable

NAMED = 5
PHONES_ONLINE_S = 5.0
"""How long `up` waits for its phones to connect before it says which did not."""


@click.command()
@click.option("--servers", type=click.IntRange(1, 20), default=3, show_default=True, help="Chat servers.")
@click.option("--workers", type=click.IntRange(1, 4), default=2, show_default=True, help="Delivery workers.")
@click.option(
    "--phones",
    default="alice,bob,carol",
    show_default=True,
    callback=phones,
    help="Simulated phones: how many, or each NAME, NAME:ios or NAME:android; without, by turns.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 100),
    default=1.0,
    show_default=True,
    help="Protocol timers (heartbeats, TTLs, backoff) run so many times as fast.",
)
@click.option(
    "--seed", type=int, default=DEFAULT_SEED, show_default=True, help="Turns the load balancer's ring."
)
@click.option(
    "--redis",
    default="embedded",
    show_default=True,
    callback=redis,
    help="`server`: one found here; or redis://…",
)
@click.option(
    "--kafka", default="embedded", show_default=True, callback=kafka, help="Or HOST:PORT,… of a real one."
)
@click.option(
    "--base-port", type=click.IntRange(1024, 65000), help="Use ports from this one on, not free ones."
)
@click.option("--detach", is_flag=True, help="Leave it running in the background.")
@command_options
def up(workbench: Workbench, *, detach: bool, **asked: Any) -> None:
    """Start the cluster. It is ready when a message has crossed two chat servers.

    In a terminal a prompt follows, which knows all commands; leaving it ends the cluster. Without a terminal every
    message is told line by line until Ctrl-C.
    """
    platforms = asked.pop("phones")
    options = Options(
        home=str(workbench.home.absolute()),
        phones=tuple(platforms),
        platforms={name: each for name, each in platforms.items() if each},
        **asked,
    )
    lock = UpLock(workbench.paths)
    try:
        _say_leftovers(workbench)
        if _already_running(workbench):
            return
        launched = launch(options)
        _until_ended(workbench, launched, detach=detach, release=lock.release)
    finally:
        lock.release()


def _say_leftovers(workbench: Workbench) -> None:
    left = clean_leftovers(workbench.paths)
    if left is not None:
        what = f"ended what it left running: {', '.join(left)}" if left else "nothing of it was left running"
        workbench.note(f"the last cluster here died; {what}")


def _already_running(workbench: Workbench) -> bool:
    try:
        cluster = workbench.cluster()
    except NoClusterError:
        return False
    answer = cluster.status()
    if workbench.json:
        workbench.emit(answer)
    else:
        show_components(workbench, answer)
    workbench.note(
        "a cluster is running already: talk to it with `workbench send …`, end it with `workbench down`"
    )
    return True


def _until_ended(
    workbench: Workbench, launched: Launched, *, detach: bool, release: Callable[[], None]
) -> None:
    try:
        _await_ready(workbench, launched)
        release()
        if detach:
            # Before anything is printed: a reader who has seen enough must not take the cluster with him.
            launched.detach()
        _show_ready(workbench)
        _note_phones_offline(workbench)
        if detach:
            return
        if workbench.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            _narrate(workbench, launched)
        else:
            from workbench.cli.prompt import prompt  # noqa: PLC0415  only a terminal pays for it

            prompt(workbench, launched)
    finally:
        if not detach or not launched.detached:
            if launched.is_running():
                workbench.note("ending the cluster …")
            launched.end()


def bring_up(workbench: Workbench, options: Options) -> Launched:
    """Start a cluster for another command, and wait until it is ready. The caller ends it.

    Raises:
        WorkbenchError: If it does not come up.
    """
    lock = UpLock(workbench.paths)
    try:
        _say_leftovers(workbench)
        launched = launch(options)
        try:
            _await_ready(workbench, launched)
        except BaseException:
            launched.end()
            raise
        return launched
    finally:
        lock.release()


def _await_ready(workbench: Workbench, launched: Launched) -> None:
    began = time.monotonic()
    total = sum(not each.external for each in launched.plan.components)
    started = 0
    with workbench.notes.status("starting …") as progress:
        for report in launched.reports():
            if report["event"] == "started":
                started += 1
                progress.update(
                    f"{started} of {total} up: {report['component']}" if started < total else "probe …"
                )
            if report["event"] == "failed":
                raise FailedError(_failure(report))
            if report["event"] == "ready":
                first, second = launched.plan.probe
                crossed = (
                    f"a probe message crossed two chat servers ({first} to {second})"
                    if launched.plan.options.servers > 1
                    else "a probe message was delivered (one chat server: nothing to cross)"
                )
                workbench.note(f"ready after {time.monotonic() - began:.1f} s: {crossed}")
                return
    raise FailedError(f"the supervisor ended before the cluster was ready: see {launched.log}")


def _failure(report: dict[str, Any]) -> str:
    name, log, code = report["component"], report["log"], report["exit_code"]
    if name == "probe":
        what = "the cluster came up but the probe was not delivered"
    else:
        what = f"{name} did not come up" if code is None else f"{name} ended with exit code {code}"
    return f"{what}{': ' if report['why'] else ''}{report['why']}; log: {log}"


def _show_ready(workbench: Workbench) -> None:
    cluster = workbench.cluster()
    answer = cluster.status()
    if workbench.json:
        workbench.emit(answer)
        return
    show_components(workbench, answer)
    names = cluster.plan.options.phones
    if len(names) > 1:
        workbench.out.print(f'\nTry: send {names[0]} {names[1]} "Hey"\n', markup=False)


def _note_phones_offline(workbench: Workbench) -> None:
    cluster = workbench.cluster()
    url = f"{cluster.plan.one('phones').private}/phones?wait_s={PHONES_ONLINE_S}"
    states = cluster.call("GET", url, timeout_s=PHONES_ONLINE_S + 2)
    for phone in states:
        if phone["problem"]:
            workbench.note(
                f"the phone of {phone['user']} stays offline: {phone['problem']}; put its file back under"
                f" {workbench.paths.phones}, choose other names with --phones, or begin anew with `workbench reset`"
            )
    late = [each["user"] for each in states if not each["problem"] and each["link"] != Link.ONLINE]
    if late:
        named = ", ".join(late[:NAMED]) + (f" and {len(late) - NAMED} more" if len(late) > NAMED else "")
        workbench.note(f"not online yet: {named}; `workbench journal --follow` shows them come")


def _narrate(workbench: Workbench, launched: Launched) -> None:
    reader = Reader(workbench.paths.journal(launched.plan.run), at_end=True)
    narrator, window = Narrator(workbench.out), Window()
    for events in reader.follow(lambda: not launched.is_running()):
        for event in window.push(events, time.monotonic_ns()):
            if workbench.json:
                workbench.emit(event)
            else:
                narrator.tell(event)
    workbench.note("the cluster has ended")


@click.command()
@command_options
def down(workbench: Workbench) -> None:
    """End the cluster: what was accepted is delivered first, then every process ends."""
    try:
        cluster = Cluster.find(workbench.paths)
    except NoClusterError:
        left = clean_leftovers(workbench.paths)
        if left is None:
            raise
        workbench.note(f"the cluster had died; ended what it left running: {', '.join(left) or 'nothing'}")
        ended = len(left)
    else:
        ended = shutdown.end(cluster)
    if workbench.json:
        workbench.emit({"state": "down", "processes_ended": ended})
    else:
        workbench.out.print(
            f"down: {ended} processes ended; messages are kept under {workbench.home}", soft_wrap=True
        )


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@command_options
def reset(workbench: Workbench, *, yes: bool) -> None:
    """End the cluster and delete its state: phones, messages, keys, runs."""
    paths = workbench.paths
    if not paths.marker.exists():
        raise UsageProblem(f"{paths.home} is no home of a workbench: nothing is deleted")
    if not yes:
        if not sys.stdin.isatty():
            raise UsageProblem("reset deletes everything under the home: say --yes")
        click.confirm(f"Delete all phones, messages and runs under {paths.home}?", abort=True, err=True)
    try:
        shutdown.end(Cluster.find(paths))
    except NoClusterError:
        clean_leftovers(paths)
    for folder in (paths.data, paths.runs):
        shutil.rmtree(folder, ignore_errors=True)
    for file in (paths.state, paths.lock, paths.marker, paths.history):
        file.unlink(missing_ok=True)
    if workbench.json:
        workbench.emit({"state": "reset", "home": str(paths.home)})
    else:
        workbench.out.print(f"reset: {paths.home} is empty", soft_wrap=True)
