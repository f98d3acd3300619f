"""What every command is given: where the cluster lives, and how to speak to the user."""

from __future__ import annotations

import functools
import json
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec
from rich.console import Console

from workbench.cluster import state
from workbench.cluster.control import Cluster
from workbench.cluster.paths import Paths, default_home
from workbench.errors import ClosedPipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

F = TypeVar("F", bound="Callable[..., Any]")


class _Console(Console):
    """Leaves a closed pipe to the one place that decides about exit codes."""

    def on_broken_pipe(self) -> None:
        raise ClosedPipeError


class _Notes(Console):
    """Goes quiet when nobody reads the notes: they are no reason to stop."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


class Workbench:
    """One invocation. stdout carries the answer, and only JSON with `--json`; notes go to stderr.

    Whoever runs commands inside another command gives its own consoles; with `answers`, what would be printed as
    JSON is put there instead.
    """

    def __init__(
        self,
        home: Path | None = None,
        *,
        out: Console | None = None,
        notes: Console | None = None,
        answers: list[Any] | None = None,
    ) -> None:
        self.home = home or default_home()
        self.json = False
        self.out = out or _Console(highlight=False, soft_wrap=False)
        self.notes = notes or _Notes(stderr=True, highlight=False)
        self.answers = answers
        self.told: set[str] = set()
        """Traces that a command narrates itself, so that a prompt's own narration leaves them out."""
        self.taken = threading.Event()
        """Set while a command has the whole terminal, so that a prompt's own narration keeps off it."""

    def for_command(self, home: Path | None, *, as_json: bool) -> Workbench:
        """Give a command its own invocation, with what it shares with ours."""
        made = Workbench(home or self.home, out=self.out, notes=self.notes, answers=self.answers)
        made.json = as_json
        made.told = self.told
        made.taken = self.taken
        return made

    @property
    def paths(self) -> Paths:
        """The files under the home."""
        return Paths(self.home)

    def cluster(self) -> Cluster:
        """Find the running cluster.

        Raises:
            NoClusterError: If none runs.
        """
        return Cluster.find(self.paths)

    @contextmanager
    def whole_terminal(self) -> Iterator[None]:
        """Have the terminal for oneself."""
        self.taken.set()
        try:
            yield
        finally:
            self.taken.clear()

    def emit(self, value: Any) -> None:
        """Print one line of JSON on stdout."""
        if self.answers is not None:
            self.answers.append(msgspec.to_builtins(value))
            return
        text = msgspec.json.encode(value).decode()
        if not (sys.stdout.encoding or "").lower().startswith("utf"):
            text = json.dumps(json.loads(text))  # escapes what the encoding may not have
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            raise ClosedPipeError from None

    def note(self, text: str) -> None:
        """Tell the user something that is not the answer."""
        try:
            self.notes.print(text, markup=False, soft_wrap=True)
        except OSError:
            return  # stderr takes nothing: there is nowhere left to say so, and the exit code still does


def command_options(function: F) -> F:
    """Give a command `--home` and `--json`, and the `Workbench` as its first argument."""

    @click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the cluster's state. Default: $WORKBENCH_HOME, or the platform's folder for state.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout, and nothing else there.")
    @functools.wraps(function)
    def wrapper(*args: Any, home: Path | None, as_json: bool, **kwargs: Any) -> Any:
        context = click.get_current_context()
        given = context.obj if isinstance(context.obj, Workbench) else Workbench()
        return function(given.for_command(home, as_json=as_json), *args, **kwargs)

    return wrapper  # type: ignore[return-value]  # click takes it in the place of the function


def complete_phone(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a phone of the running cluster."""
    found = state.load(Paths(context.params.get("home") or default_home()))
    return [name for name in (found.plan.options.phones if found else ()) if name.startswith(incomplete)]


def complete_component(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a component of the running cluster."""
    found = state.load(Paths(context.params.get("home") or default_home()))
    return [
        each.name for each in (found.plan.components if found else ()) if each.name.startswith(incomplete)
    ]


def complete_chat_server(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of a chat server of the running cluster."""
    found = state.load(Paths(context.params.get("home") or default_home()))
    servers = found.plan.all("chat_server") if found else []
    return [each.name for each in servers if each.name.startswith(incomplete)]
