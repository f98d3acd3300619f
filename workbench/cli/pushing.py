"""The command that looks at push notifications: `push log`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import Workbench, command_options
from workbench.cli.tables import print_rows

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.group()
def push() -> None:
    """Look at push notifications: who was woken, and what APNs and FCM answered."""


@push.command("log")
@command_options
def push_log(workbench: Workbench) -> None:
    """List the newest attempts (up to 500) to wake a phone, the newest last. A push holds no message."""
    cluster = workbench.cluster()
    rows: list[dict[str, Any]] = cluster.call("GET", f"{cluster.plan.one('push').private}/log")
    if workbench.json:
        workbench.emit(rows)
    elif rows:
        headings = ("ago", "to", "through", "attempt", "answer", "served")
        print_rows(workbench.out, headings, [_row(each) for each in rows])
    else:
        workbench.note("no push yet: one is sent when a message is for a phone that no chat server holds")


def _row(each: dict[str, Any]) -> Sequence[str]:
    ago = f"{(time.monotonic_ns() - each['t_ns']) / 1e9:.1f} s"
    answer = " ".join(str(part) for part in (each["outcome"], each["status"], each["reason"]) if part)
    if each["retry_s"] is not None:
        answer += f", again after {each['retry_s']:.1f} s"
    messages = each["joined"] + 1
    served = f"{messages} message{'' if messages == 1 else 's'}"
    return ago, f"{each['user']}'s {each['device']}", each["platform"], str(each["attempt"]), answer, served
