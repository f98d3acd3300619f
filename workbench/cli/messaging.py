"""Commands that act on phones: `send` and `messages`."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click
from rich.table import Table
from rich.text import Text

from components.device.protocol import Status
from components.wire.traceparent import Trace
from workbench.cli.context import Workbench, command_options, complete_phone
from workbench.cli.names import check_name, check_user
from workbench.errors import FailedError, TimedOutError, UsageProblem
from workbench.tracing.journal import Reader
from workbench.tracing.narration import TICKS, Narrator
from workbench.tracing.ordering import Window

if TYPE_CHECKING:
    from workbench.cluster.control import Cluster

WAITS = {"sent": Status.SENT, "delivered": Status.DELIVERED, "none": Status.PENDING}
GRACE_S = 0.3
"""How long the narration goes on after the phone has its answer: the last events are on their way into the journal."""


@click.command()
@click.argument("sender", metavar="FROM", shell_complete=complete_phone)
@click.argument("recipient", metavar="TO", shell_complete=complete_phone)
@click.argument("text")
@click.option(
    "--wait",
    type=click.Choice(list(WAITS)),
    default="delivered",
    show_default=True,
    help="Wait until the message is that far.",
)
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(min=0.1, max=600),
    default=10.0,
    show_default=True,
    help="For at most so many seconds.",
)
@command_options
def send(  # noqa: PLR0913  one parameter an option
    workbench: Workbench, *, sender: str, recipient: str, text: str, wait: str, timeout_s: float
) -> None:
    """Type TEXT on the phone of FROM, to TO, and watch it travel.

    If it is not there in time, the exit code is 4: the message stays in the phone's outbox and may still arrive.
    """
    cluster = workbench.cluster()
    check_phone(cluster, sender)
    _check_text(text)
    _check_recipient(cluster, recipient)
    trace = Trace.start()
    workbench.told.add(trace.trace_id)
    asked = {
        "to": recipient,
        "text": text,
        "traceparent": trace.header,
        "wait": WAITS[wait],
        "timeout_s": timeout_s,
    }
    call = _Call(cluster, f"{cluster.plan.one('phones').private}/phones/{sender}/send", asked, timeout_s + 2)
    if workbench.json:
        answer = call.result()
        workbench.emit({key: value for key, value in answer.items() if key not in ("error", "detail")})
    else:
        answer = _narrate(workbench, cluster, call, trace)
    _judge(answer, sender, recipient, WAITS[wait], timeout_s)


def _narrate(workbench: Workbench, cluster: Cluster, call: _Call, trace: Trace) -> dict[str, Any]:
    reader = Reader(workbench.paths.journal(cluster.plan.run), at_end=True)
    narrator, window = Narrator(workbench.out), Window()
    call.start()
    deadline = 0.0

    def over() -> bool:
        nonlocal deadline
        if call.done and not deadline:
            deadline = time.monotonic() + GRACE_S
        return bool(deadline) and (call.told_all or time.monotonic() > deadline)

    for events in reader.follow(over):
        for event in window.push(events, time.monotonic_ns()):
            if event.trace_id == trace.trace_id:
                narrator.tell(event)
                call.seen(event.kind)
    for event in window.flush():
        if event.trace_id == trace.trace_id:
            narrator.tell(event)
    return call.result()


class _Call(threading.Thread):
    """Presses `send` on the phone while the main thread narrates."""

    def __init__(self, cluster: Cluster, url: str, body: dict[str, Any], timeout_s: float) -> None:
        super().__init__(daemon=True)
        self._cluster = cluster
        self._url = url
        self._body = body
        self._timeout_s = timeout_s
        self._answer: dict[str, Any] | None = None
        self._problem: Exception | None = None
        self.done = False
        self.told_all = False

    def run(self) -> None:
        try:
            self._answer = self._cluster.call("POST", self._url, self._body, timeout_s=self._timeout_s)
        except Exception as exc:  # noqa: BLE001  `result` raises it again, in the thread that waits for it
            self._problem = exc
        finally:
            self.done = True

    def seen(self, kind: str) -> None:
        last = {Status.SENT: "message_sent", Status.DELIVERED: "message_status_changed"}.get(
            self._body["wait"]
        )
        self.told_all = self.told_all or kind in (last, "send_failed")

    def result(self) -> dict[str, Any]:
        if not self.done:
            self.run()
        if self._problem is not None:
            raise self._problem
        assert self._answer is not None  # noqa: S101  one of the two is set
        return self._answer


def _judge(answer: dict[str, Any], sender: str, recipient: str, wanted: Status, timeout_s: float) -> None:
    order = list(Status)
    if answer["status"] == Status.FAILED:
        raise FailedError(
            f"refused: {answer.get('detail') or answer.get('error') or 'the server does not say why'}"
        )
    if order.index(Status(answer["status"])) < order.index(wanted):
        held = "is in the outbox of" if answer["status"] == Status.PENDING else "is on its way from"
        raise TimedOutError(
            f"{answer['message_id']} is {answer['status']} after {timeout_s:g} s, not {wanted}: it {held} {sender} to"
            f" {recipient} and may still arrive; see `workbench trace {answer['message_id']}`"
        )


@click.command()
@click.argument("phone", shell_complete=complete_phone)
@click.option(
    "--with", "peer", metavar="PEER", shell_complete=complete_phone, help="Only the conversation with PEER."
)
@command_options
def messages(workbench: Workbench, *, phone: str, peer: str | None) -> None:
    """Show what is on the screen of PHONE, as its own database has it, by sequence ID."""
    cluster = workbench.cluster()
    check_phone(cluster, phone)
    if peer:
        check_name(peer)
    query = f"?with={quote(peer)}" if peer else ""
    rows = cluster.call("GET", f"{cluster.plan.one('phones').private}/phones/{phone}/messages{query}")
    if not rows and peer:
        check_user(cluster, peer)
    if workbench.json:
        workbench.emit(rows)
        return
    if not rows:
        between = f" with {peer}" if peer else ""
        workbench.note(
            f"no messages{between} on the phone of {phone} yet: try `workbench send {phone} {peer or 'NAME'} TEXT`"
        )
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("conversation", "seq", "from", "text", "status"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        own = row["from"] == phone
        mark = f"{TICKS.get(row['status'], '')} {row['status'].upper()}" if own else ""
        seq = str(row["seq"]) if row["seq"] else "-"
        table.add_row(row["conversation"], seq, row["from"], Text(printable(row["text"])), mark)
    workbench.out.print(table)


def check_phone(cluster: Cluster, name: str) -> None:
    """Refuse a name that no simulated phone has.

    Raises:
        UsageProblem: If so.
    """
    phones = cluster.plan.options.phones
    if name not in phones:
        raise UsageProblem(f"no phone of {name!r} is running here: there are {', '.join(phones)}")


def _check_recipient(cluster: Cluster, name: str) -> None:
    try:
        check_user(cluster, name)
    except (FailedError, TimedOutError):
        # A phone takes a message while the directory is away, and its server asks later: so it can be watched.
        return


def _check_text(text: str) -> None:
    # A byte that is no UTF-8 comes from the command line as half of a surrogate pair, which no encoding knows.
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise UsageProblem(
            f"character {exc.start + 1} of the text is not valid UTF-8: write the text in UTF-8"
        ) from None


def printable(text: str) -> str:
    """Make text safe for a terminal: control characters would be obeyed, not shown."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
