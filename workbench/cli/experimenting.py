"""Commands that try something out on the running cluster and measure it: `experiment …`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click
from rich.table import Table

from workbench.cli.context import Workbench, command_options
from workbench.errors import Exit
from workbench.experiments.orders import KEYED, RULES, explanation, is_right, ordered

if TYPE_CHECKING:
    from workbench.experiments.ordering import Observed
    from workbench.experiments.orders import Arrival

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
