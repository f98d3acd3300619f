"""Commands that try something out on the running cluster and measure it: `experiment …`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click
from rich.table import Table

from workbench.cli.context import Workbench, command_options
from workbench.errors import Exit, UsageProblem
from workbench.experiments import costs
from workbench.experiments.orders import KEYED, RULES, explanation, is_right, ordered

if TYPE_CHECKING:
    from workbench.experiments import polling as polled
    from workbench.experiments.ordering import Observed
    from workbench.experiments.orders import Arrival

MAX_POLLS = 20_000
HEADINGS = {"arrival": "as they arrived", "timestamp": "by timestamp", "sequence": "by sequence ID"}


@click.group()
def experiment() -> None:
    """Try something out on the running cluster, for real, and measure it."""


@experiment.command()
@click.option(
    "--skew",
    "skew_s",
    type=click.FloatRange(-86400, 86400),
    default=-3.0,
    show_default=True,
    help="How many seconds the second server's clock is off.",
)
@click.option(
    "--backlog",
    type=click.IntRange(0, 5000),
    default=400,
    show_default=True,
    help="How many older records one of the consumers has to hand over first.",
)
@command_options
def ordering(workbench: Workbench, *, skew_s: float, backlog: int) -> int:
    """Order four messages by arrival, by timestamp and by sequence ID, and see which is right.

    Two servers take them in turn, each with a clock of its own; two consumers deliver them, each a partition. If the
    sequence IDs came out wrong, the exit code is 5.
    """
    from workbench.experiments.ordering import Ordering  # noqa: PLC0415  slow to import

    observed = asyncio.run(Ordering(workbench.cluster().plan, skew_s, backlog).run())
    orders = ordered(observed.arrivals)
    if workbench.json:
        workbench.emit(_ordering_json(observed, orders))
    else:
        _show_ordering(workbench, observed, orders)
    return Exit.DONE if is_right(orders["sequence"]) else Exit.CHECK_FAILED


def _ordering_json(observed: Observed, orders: dict[str, list[Arrival]]) -> dict[str, object]:
    return {
        "experiment": observed.experiment,
        "skew_s": observed.skew_s,
        "backlog": observed.backlog,
        "taken": observed.taken,
        "arrivals": observed.arrivals,
        "orders": {
            rule: {"messages": [row.message for row in rows], "right": is_right(rows)}
            for rule, rows in orders.items()
        },
        "why": explanation(observed.arrivals, observed.skew_s),
    }


def _show_ordering(workbench: Workbench, observed: Observed, orders: dict[str, list[Arrival]]) -> None:
    from workbench.experiments.ordering import TEXTS  # noqa: PLC0415  slow to import

    table = Table(box=None, pad_edge=False)
    for heading in ("as written", "taken by", "its clock said", "seq", "on the log at"):
        table.add_column(heading)
    for each in observed.taken:
        clock = time.strftime("%H:%M:%S", time.localtime(each.clock_s)) + f"{each.clock_s % 1:.3f}"[1:]
        where = f"partition {each.partition}, offset {each.offset}"
        table.add_row(TEXTS[each.message - 1], each.server, clock, str(each.seq), where)
    workbench.out.print(table)
    workbench.out.print()

    first = min(each.clock_s for each in observed.arrivals)
    keys = {
        "arrival": lambda row: f"{row.ms:>6.1f} ms",
        "timestamp": lambda row: f"{row.clock_s - first:>6.3f} s",
        "sequence": lambda row: f"seq {row.seq}",
    }
    lists = Table(box=None, pad_edge=False, show_footer=True)
    for rule in RULES:
        verdict = "right" if is_right(orders[rule]) else "WRONG"
        lists.add_column(HEADINGS[rule], footer=verdict, no_wrap=True)
    for row in zip(*(orders[rule] for rule in RULES), strict=True):
        cells = zip(RULES, row, strict=True)
        lists.add_row(*(f"{keys[rule](each)} {TEXTS[each.message - 1]}" for rule, each in cells))
    workbench.out.print(lists)
    workbench.out.print()
    workbench.out.print(f"Why: {explanation(observed.arrivals, observed.skew_s)} {KEYED}", markup=False)


@experiment.command()
@click.option(
    "--minutes",
    type=click.FloatRange(0.5, 1440),
    default=10.0,
    show_default=True,
    help="How long nothing happens, in protocol time.",
)
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(0.5, 3600),
    default=5.0,
    show_default=True,
    help="Seconds of protocol time between two polls.",
)
@command_options
def polling(workbench: Workbench, *, minutes: float, interval_s: float) -> None:
    """Count what polling costs and what a connection with heartbeats costs, and which hears news sooner.

    All requests, heartbeats and messages are real; only the waiting between them is left out.
    """
    polls = costs.due(minutes, interval_s)
    if not 1 <= polls <= MAX_POLLS:
        raise UsageProblem(
            f"{minutes:g} minutes hold {polls:,} polls {interval_s:g} s apart: 1 to {MAX_POLLS:,} can be measured"
        )
    from workbench.experiments.polling import Polling  # noqa: PLC0415  slow to import

    observed = Polling(workbench.cluster().plan, minutes, interval_s).run()
    if workbench.json:
        workbench.emit(_polling_json(observed))
    else:
        _show_polling(workbench, observed)


def _polling_json(observed: polled.Observed) -> dict[str, object]:
    return {
        "experiment": observed.experiment,
        "minutes": observed.minutes,
        "measured": {
            "polling": observed.polling,
            "heartbeat": observed.heartbeat,
            "deliveries": observed.deliveries,
        },
        "arithmetic": {
            "polling": _derived(observed.polling),
            "heartbeat": _derived(observed.heartbeat),
            "known_ms": costs.known(observed.deliveries, observed.polling.every_s),
        },
        "why": costs.explanation(observed.polling, observed.heartbeat, observed.deliveries),
    }


def _derived(spent: costs.Spent) -> dict[str, float]:
    return {
        "bytes_each": spent.bytes_each,
        "a_day": spent.a_day,
        "bytes_a_day": spent.bytes_a_day,
        "fleet": costs.FLEET,
        "fleet_a_second": spent.fleet_a_second,
        "fleet_bytes_a_second": spent.fleet_bytes_a_second,
    }


def _show_polling(workbench: Workbench, observed: polled.Observed) -> None:
    both = (observed.polling, observed.heartbeat)
    known = costs.known(observed.deliveries, observed.polling.every_s)
    say = workbench.out.print
    took_s = sum(each.took_ms for each in both) / 1000
    say(
        f"{observed.minutes:g} minutes without news, in {took_s:.2f} s: every exchange was real, only the waiting"
        " between them is left out. Bytes at the socket, without TCP and IP headers."
    )
    say()
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name, each in zip(("poll", "heartbeat"), both, strict=True):
        table.add_column(f"{name}, {each.every_s:g} s", no_wrap=True, justify="right")
    table.add_column("how")
    for label, cells, how in (
        ("woke the radio to send", [f"{each.counts.sends:,} times" for each in both], "measured"),
        ("bytes up", [f"{each.counts.sent_bytes:,}" for each in both], "measured"),
        ("bytes down", [f"{each.counts.received_bytes:,}" for each in both], "measured"),
        ("one exchange", [f"{each.bytes_each:.0f} bytes" for each in both], "divided"),
        ("wake-ups a day", [f"{each.a_day:,.0f}" for each in both], "86,400 s / period"),
        ("bytes a day", [costs.in_words(each.bytes_a_day) for each in both], "wake-ups x bytes"),
        (f"{costs.FLEET:,} phones", [f"{each.fleet_a_second:,.0f}/s" for each in both], "phones / period"),
        (
            "their bytes",
            [f"{costs.in_words(each.fleet_bytes_a_second)}/s" for each in both],
            "x one exchange",
        ),
    ):
        table.add_row(label, *cells, how)
    say(table)
    say()
    say(
        f"News is known after {known.push_ms:.1f} ms by push (measured, median of {len(observed.deliveries)} messages),"
        f" after {known.poll_ms:,.1f} ms by polling: {known.poll_wait_ms:,.0f} ms, half an interval (arithmetic), and"
        f" the request, {known.poll_request_ms:.1f} ms (measured)."
    )
    why = costs.explanation(observed.polling, observed.heartbeat, observed.deliveries)
    say(f"Why: {why}", markup=False)
