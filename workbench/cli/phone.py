"""The command `phone`: a phone's screen, and what happens to a phone in a day."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING

import click
from rich.text import Text

from workbench.cli.context import Workbench, command_options, complete_phone
from workbench.cli.messaging import check_phone
from workbench.phone_screen.life import ACTIONS, Life, life_of, told
from workbench.phone_screen.look import ASCII, UNICODE
from workbench.phone_screen.model import Book
from workbench.phone_screen.staleness import about
from workbench.tracing.journal import Reader
from workbench.tracing.narration import Narrator
from workbench.tracing.ordering import Window

if TYPE_CHECKING:
    from workbench.cluster.control import Cluster
    from workbench.phone_screen.look import Look
    from workbench.phone_screen.model import Message, State

QUIET_S = 0.5
"""The narration of an action ends when nothing was told for so long,"""

LONGEST_S = 10.0
"""or after so long."""


def _complete_argument(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    words = ACTIONS.get(context.params.get("action") or "", "").split("|")
    return [word for word in words if word.isalpha() and word.startswith(incomplete)]


@click.command(context_settings={"ignore_unknown_options": True})  # `clock -30` is no option
@click.argument("name", shell_complete=complete_phone)
@click.argument("action", metavar="[ACTION]", type=click.Choice(list(ACTIONS)), required=False)
@click.argument("argument", required=False, shell_complete=_complete_argument)
@click.option("--ascii", "ascii_only", is_flag=True, help="Use no sign beyond ASCII, also for the ticks.")
@command_options
def phone(
    workbench: Workbench, *, name: str, action: str | None, argument: str | None, ascii_only: bool
) -> None:
    """Show the phone of NAME on the whole terminal, or let something happen to it.

    Without ACTION: its chats, with ticks that turn in place, and a line to type on. Open a second terminal for
    another phone. Without a terminal the chats are printed, and that is all; with --json its state and messages.

    With ACTION, something happens to it, and what the journal then says of this phone is told: `tunnel in`,
    `tunnel out`, `wifi-to-cellular`, `background`, `foreground`, `kill`, `open`, `uninstall`, `reinstall`, or
    `clock ±SECONDS`. On the screen the same words follow a slash, such as `/tunnel in`.
    """
    cluster = workbench.cluster()
    check_phone(cluster, name)
    if action is not None:
        _live(workbench, cluster, name, life_of(action, argument))
        return
    look = ASCII if ascii_only or not _shows_emoji() else UNICODE
    if workbench.json or not _is_terminal(workbench):
        _print(workbench, cluster, name, look)
    else:
        with workbench.whole_terminal():
            asyncio.run(_sit_down(workbench, cluster, name, look))


def _is_terminal(workbench: Workbench) -> bool:
    out = workbench.out
    return out.is_terminal and not out.is_dumb_terminal and sys.stdin.isatty() and sys.stdout.isatty()


def _shows_emoji() -> bool:
    console_of_linux = os.environ.get("TERM") == "linux"  # its font has 512 signs, and no emoji among them
    return (sys.stdout.encoding or "").lower().startswith("utf") and not console_of_linux


async def _sit_down(workbench: Workbench, cluster: Cluster, name: str, look: Look) -> None:
    from workbench.phone_screen.session import Session  # noqa: PLC0415  slow to import

    await Session(cluster, workbench.paths.journal(cluster.plan.run), name, look).run()


# Without a terminal -----------------------------------------------------------------------------------------------


def _print(workbench: Workbench, cluster: Cluster, name: str, look: Look) -> None:
    from workbench.phone_screen.cells import cut, safe  # noqa: PLC0415  slow to import

    state, messages = asyncio.run(_ask(cluster, name))
    book = Book(name, cluster.plan.options.phones)
    book.take(messages)
    conversations = [each for each in book.conversations() if each.messages]
    if workbench.json:
        summary = [{"peer": each.peer, "unread": each.unread} for each in conversations]
        workbench.emit({"state": state, "conversations": summary, "messages": messages})
        return
    workbench.out.print(Text(told(state)))
    for each in conversations:
        last = each.messages[-1]
        tick = f"{look.tick(last.status, short=False)} " if last.sender == name else ""
        unread = f" ({each.unread} unread)" if each.unread else ""
        text = safe(last.text, ascii_only=look.ascii_only).replace("\n", " ")
        workbench.out.print(
            Text(cut(f"{each.peer}{unread}: {tick}{text}", workbench.out.width, ellipsis=look.ellipsis))
        )
    if not conversations:
        workbench.note(f"no chats on the phone of {name} yet: try `workbench send {name} NAME TEXT`")


async def _ask(cluster: Cluster, name: str) -> tuple[State, list[Message]]:
    from workbench.phone_screen.port import Port  # noqa: PLC0415  slow to import

    async with Port(cluster.plan, name) as port:
        return await port.state(), await port.messages()


# What happens to a phone ------------------------------------------------------------------------------------------


def _live(workbench: Workbench, cluster: Cluster, name: str, life: Life) -> None:
    reader = Reader(workbench.paths.journal(cluster.plan.run), at_end=True)
    state = asyncio.run(_let_live(cluster, name, life))
    if workbench.json:
        workbench.emit(state)
        return
    workbench.out.print(Text(told(state)))
    narrate(workbench, reader, name)


async def _let_live(cluster: Cluster, name: str, life: Life) -> State:
    from workbench.phone_screen.port import Port  # noqa: PLC0415  slow to import

    async with Port(cluster.plan, name) as port:
        return await port.live(life)


def narrate(workbench: Workbench, reader: Reader, name: str) -> None:
    """Tell what the journal says of this phone, until it has said nothing for a while."""
    narrator, window = Narrator(workbench.out), Window()
    began = last = time.monotonic()

    def over() -> bool:
        now = time.monotonic()
        return now - last > QUIET_S or now - began > LONGEST_S

    for events in reader.follow(over):
        own = [event for event in events if about(event, name)]
        workbench.told.update({event.trace_id for event in own if event.trace_id})
        last = time.monotonic() if own else last
        for event in window.push(own, time.monotonic_ns()):
            narrator.tell(event, everything=True)
    for event in window.flush():
        narrator.tell(event, everything=True)
