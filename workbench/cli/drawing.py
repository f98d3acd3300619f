"""The command that draws: `diagram`."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.context import Workbench, command_options
from workbench.cli.observing import latest_journal
from workbench.cli.tables import print_rows
from workbench.drawing import topology
from workbench.drawing.catalogue import (
    CATALOGUE,
    MessageUnknownError,
    NeverLostError,
    PhoneUnknownError,
    lit,
    lit_by_phone,
    plain,
    stretch,
)
from workbench.drawing.render import FORMATS, document, terminal
from workbench.errors import FailedError, NoClusterError, UsageProblem
from workbench.tracing.journal import read_all

if TYPE_CHECKING:
    from workbench.drawing.model import Figure
    from workbench.drawing.topology import Topology
    from workbench.tracing.journal import Seen

SUFFIXES = {
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".txt": "txt",
}


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in ("list", *CATALOGUE) if name.startswith(incomplete)]


def _known(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value == "list" or value in CATALOGUE:
        return value
    near = difflib.get_close_matches(value, CATALOGUE, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageProblem(f"no diagram {value!r}: {hint}there are {', '.join(CATALOGUE)}")


@click.command()
@click.argument("name", default="list", shell_complete=_complete, callback=_known)
@click.option("--message", help="Light it with this message: an id, or `last`.")
@click.option("--phone", help="Light it with this phone's run: connection, reconnect.")
@click.option("--run", "run_id", help="Of this run, not the newest.")
@click.option("--from", "from_s", type=click.FloatRange(0), help="spacetime: from this second of the run on.")
@click.option("--to", "to_s", type=click.FloatRange(0), help="spacetime: up to this second of the run.")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Default: by FILE's ending, else for the terminal."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to FILE.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Use no character beyond ASCII (terminal and txt).")
@command_options
def diagram(  # noqa: PLR0913  its options
    workbench: Workbench,
    *,
    name: str,
    message: str | None,
    phone: str | None,
    run_id: str | None,
    from_s: float | None,
    to_s: float | None,
    form: str | None,
    output: Path | None,
    ascii_only: bool,
) -> None:
    """Draw NAME (`list` names them): plain, or lit by a message or a phone, hops numbered. Works after `down` too."""
    if name == "list":
        _show_list(workbench)
        return
    is_stretch = from_s is not None or to_s is not None
    if is_stretch and (name != "spacetime" or message):
        raise UsageProblem("--from and --to choose a stretch of a run for `spacetime`, without --message")
    if from_s is not None and to_s is not None and from_s > to_s:
        raise UsageProblem(f"--from {from_s:g} is after --to {to_s:g}")
    _refuse_the_wrong_light(name, message, phone)
    events, boxes = _recorded(workbench, run_id)
    if is_stretch:
        figure = stretch(events, boxes, from_s or 0.0, to_s if to_s is not None else float("inf"))
        if not figure.hops:
            until = f"{to_s:g} s" if to_s is not None else "its end"
            raise UsageProblem(f"nothing crossed between {from_s or 0:g} s of this run and {until}")
    elif phone:
        figure = _lit_by_phone(name, events, phone)
    elif message or name == "spacetime":
        figure = _lit(workbench, name, events, boxes, message or "last")
    else:
        figure = plain(name, boxes)
    _deliver(workbench, figure, form or _format_of(output), output, ascii_only=ascii_only)


def _refuse_the_wrong_light(name: str, message: str | None, phone: str | None) -> None:
    by_phone = CATALOGUE[name].lit_by == "phone"
    if phone is not None and not by_phone:
        raise UsageProblem(f"{name} is lit by a message, not by a phone: give --message, an id or `last`")
    if message is not None and by_phone:
        raise UsageProblem(f"{name} is lit by a phone, not by a message: give --phone USER")
    if message == "":
        raise UsageProblem("--message names a message: an id, or `last`")
    if phone == "":
        raise UsageProblem("--phone names a phone by its user, such as alice")


def _lit_by_phone(name: str, events: list[Seen], phone: str) -> Figure:
    try:
        return lit_by_phone(name, events, phone)
    except PhoneUnknownError as exc:
        there = f"there are {', '.join(exc.known)}" if exc.known else "none has moved yet"
        raise UsageProblem(f"no phone {phone!r} in this run: {there}") from None
    except NeverLostError:
        raise UsageProblem(f"{phone}'s phone never lost its connection in this run") from None


def _recorded(workbench: Workbench, run_id: str | None) -> tuple[list[Seen], Topology]:
    if run_id is not None:
        path = workbench.paths.journal(run_id)
        known = sorted(
            each.name for each in workbench.paths.runs.glob("*") if (each / "journal.jsonl").exists()
        )
        if run_id not in known:
            newest = f"there are {', '.join(known[-5:])}" if known else "there is none under this home"
            raise UsageProblem(f"no run {run_id!r}: {newest}")
    else:
        try:
            path = latest_journal(workbench)
        except NoClusterError:
            return [], topology.of_default_plan()
    events = sorted(read_all(path), key=lambda each: each.t_ns)
    boxes = topology.of_journal(events)
    return events, boxes if boxes.boxes else topology.of_default_plan()


def _lit(workbench: Workbench, name: str, events: list[Seen], boxes: Topology, message: str) -> Figure:
    try:
        figure, journey = lit(name, events, boxes, message)
    except MessageUnknownError:
        if message == "last":
            raise UsageProblem("no message in this run yet: send one with `workbench send`") from None
        raise UsageProblem(f"no message {message} in this run: `--message last` is the newest") from None
    if journey.in_flight:
        so_far = list(journey.reached)[-1].upper()
        workbench.note(f"{journey.message_id} is still in flight: {len(journey.hops)} hops so far, {so_far}")
    return figure


def _format_of(output: Path | None) -> str:
    if output is None:
        return "terminal"
    return SUFFIXES.get(output.suffix.lower(), "txt")


def _deliver(
    workbench: Workbench, figure: Figure, form: str, output: Path | None, *, ascii_only: bool
) -> None:
    if workbench.json:
        workbench.emit(figure)
        return
    if form == "terminal" and output is None:
        terminal(figure, workbench.out, ascii_only=ascii_only)
        return
    text = document(figure, "txt" if form == "terminal" else form, ascii_only=ascii_only)
    if output is None:
        workbench.out.out(text, end="", highlight=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise FailedError(f"{output} cannot be written ({exc.strerror}): give another -o FILE") from None
    workbench.note(f"{figure.title}: written to {output}")


def _show_list(workbench: Workbench) -> None:
    if workbench.json:
        workbench.emit(
            [{"name": name, "part": each.part, "shows": each.shows} for name, each in CATALOGUE.items()]
        )
        return
    print_rows(
        workbench.out,
        ("diagram", "walkthrough", "shows"),
        [(name, entry.part, entry.shows) for name, entry in CATALOGUE.items()],
    )
    workbench.out.print(
        "\nLight one with the newest message or a phone: diagram routing --message last · diagram"
        " connection --phone alice",
        markup=False,
    )
