"""Commands of a phone's owner: `read` opens a conversation, `stats` says what the phone cost so far."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click
from rich.table import Table

from components.wire.names import conversation_of
from components.wire.traceparent import Trace
from workbench.cli.context import Workbench, command_options, complete_phone
from workbench.cli.messaging import check_phone
from workbench.errors import UsageProblem
from workbench.tracing.journal import Reader
from workbench.tracing.narration import Narrator
from workbench.tracing.ordering import Window

if TYPE_CHECKING:
    from workbench.cluster.control import Cluster
    from workbench.tracing.journal import Seen

QUIET_S = 0.3
LONGEST_S = 3.0
POLL_BYTES = 343
"""Bytes of one poll and its empty answer, as `experiment polling` measures them on this cluster's store."""

WAKE_S = 5.0


@click.command()
@click.argument("phone", shell_complete=complete_phone)
@click.argument("peer", shell_complete=complete_phone)
@command_options
def read(workbench: Workbench, *, phone: str, peer: str) -> None:
    """Open the conversation of PHONE with PEER: what is there counts as read, and PEER's phone is told."""
    cluster = workbench.cluster()
    check_phone(cluster, phone)
    if peer == phone:
        raise UsageProblem("a conversation is with somebody else")
    trace = Trace.start()
    reader = Reader(workbench.paths.journal(cluster.plan.run), at_end=True)
    url = f"{cluster.plan.one('phones').private}/phones/{phone}/read"
    seq = cluster.call("POST", url, {"peer": peer, "traceparent": trace.header})
    conversation = conversation_of(phone, peer)
    if workbench.json:
        workbench.emit({"phone": phone, "peer": peer, "conversation": conversation, "read_up_to": seq})
        return
    workbench.told.add(trace.trace_id)
    narrator = Narrator(workbench.out)
    for event in _until_quiet(reader):
        if event.trace_id == trace.trace_id or _is_read_tick(event, conversation, phone):
            narrator.tell(event, everything=True)
    if not seq:
        workbench.note(f"nothing of {peer} is on the phone of {phone} yet")


def _is_read_tick(event: Seen, conversation: str, reader: str) -> bool:
    facts = event.facts
    return (
        event.kind == "message_status_changed"
        and facts["conversation"] == conversation
        and facts["by"] == reader
        and facts["status"] == "read"
    )


def _until_quiet(reader: Reader) -> list[Seen]:
    """Collect what the journal shows until nothing came for a moment, in order."""
    window, began = Window(), time.monotonic()
    seen: list[Seen] = []
    last = began
    while time.monotonic() - last < QUIET_S and time.monotonic() - began < LONGEST_S:
        new = reader.read()
        seen += window.push(new, time.monotonic_ns())
        if new:
            last = time.monotonic()
        time.sleep(0.01)
    return [*seen, *window.flush()]


@click.command()
@click.argument("phone", shell_complete=complete_phone)
@click.option(
    "--poll", "poll_s", type=click.FloatRange(1, 3600), default=5.0, show_default=True, help="Seconds a poll."
)
@command_options
def stats(workbench: Workbench, *, phone: str, poll_s: float) -> None:
    """Say what PHONE sent, received and woke its radio for, beside what polling would have cost (calculated)."""
    cluster = workbench.cluster()
    check_phone(cluster, phone)
    counted = cluster.call("GET", f"{cluster.plan.one('phones').private}/phones/{phone}/stats")
    up_s = _up_s(workbench, cluster) * cluster.plan.options.speed
    polls = int(up_s / poll_s)
    polling = {
        "interval_s": poll_s,
        "wake_ups": polls if poll_s >= WAKE_S else 1,
        "bytes": polls * POLL_BYTES,
    }
    if workbench.json:
        workbench.emit(
            {"phone": phone, "protocol_s": round(up_s, 1), **counted, "polling_calculated": polling}
        )
        return
    _show(workbench, phone, counted, polling, up_s)


def _up_s(workbench: Workbench, cluster: Cluster) -> float:
    first = next(iter(Reader(workbench.paths.journal(cluster.plan.run)).read()), None)
    return (time.monotonic_ns() - first.t_ns) / 1e9 if first else 0.0


def _show(
    workbench: Workbench, phone: str, counted: dict[str, Any], polling: dict[str, Any], up_s: float
) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in (f"{phone}'s phone", "counted", "by polling, calculated"):
        table.add_column(heading, overflow="fold", justify="left" if "phone" in heading else "right")
    total = counted["bytes_sent"] + counted["bytes_received"]
    table.add_row("bytes over the air", f"{total:,}", f"{polling['bytes']:,}")
    table.add_row("  sent", f"{counted['bytes_sent']:,}", "")
    table.add_row("  received", f"{counted['bytes_received']:,}", "")
    table.add_row("radio wake-ups", f"{counted['wake_ups']:,}", f"{polling['wake_ups']:,}")
    table.add_row("connects", f"{counted['connects']:,}", "")
    table.add_row("reconnects", f"{counted['reconnects']:,}", "")
    table.add_row("pushes", f"{counted['pushes']:,}", "")
    workbench.out.print(table)
    workbench.out.print(
        f"In {up_s:,.0f} s of the phone's time (timers run {workbench.cluster().plan.options.speed:g} times as fast)."
        f" Bytes are those of WebSocket frames. Polling every {polling['interval_s']:g} s is arithmetic: {POLL_BYTES}"
        " bytes an exchange, as `experiment polling` measures."
    )
