"""Runs a line of the command language for somebody else: a lesson, an interview, a check."""

from __future__ import annotations

import io
import shlex
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from workbench.cli.context import Workbench
from workbench.errors import Exit, UsageProblem

if TYPE_CHECKING:
    from pathlib import Path

NAME = "workbench"


def words_of(line: str) -> list[str]:
    """Split a line into words; a leading `workbench` is a habit from the shell and is left out.

    Raises:
        ValueError: If its quotes are not closed.
    """
    words = shlex.split(line)
    return words[1:] if words[:1] == [NAME] else words


def run_line(workbench: Workbench, line: str) -> Exit:
    """Run a line as if it had been typed, and give its exit code."""
    from workbench.cli.main import run  # noqa: PLC0415  it imports the commands, which import us

    try:
        return run(words_of(line), workbench)
    except ValueError as exc:
        workbench.note(f"cannot read that ({exc}): close the quotes")
        return Exit.USAGE


def answer_of(home: Path, line: str) -> Any:
    """Run a line with `--json` unseen, and give what it answers; a string if it failed, which says why."""
    said = io.StringIO()
    unseen = Console(file=said, highlight=False, width=200)
    workbench = Workbench(home, out=unseen, notes=unseen, answers=[])
    code = run_line(workbench, line)
    if code is not Exit.DONE or not workbench.answers:
        return f"nothing: {said.getvalue().strip() or f'`{line}` answered nothing'}"
    return workbench.answers[0] if len(workbench.answers) == 1 else workbench.answers


def problem_of(line: str) -> str | None:
    """Say what is wrong with a line without running it, or None."""
    try:
        _parse(words_of(line))
    except click.exceptions.NoArgsIsHelpError:
        return "the command needs arguments"
    except click.ClickException as exc:
        return exc.format_message()
    except (ValueError, UsageProblem) as exc:
        return str(exc)
    except click.exceptions.Exit:  # --help and --version answer while they are parsed
        return None
    return None


def _parse(words: list[str]) -> None:
    from workbench.cli.main import cli  # noqa: PLC0415  it imports the commands, which import us

    context = click.Context(cli, info_name=NAME, **cli.context_settings)
    command: click.Command = cli
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        if found is None:
            raise UsageProblem(f"no command {name!r}")
        command = found
        context = click.Context(command, parent=context, info_name=name)
    command.make_context(command.name, list(words), parent=context.parent, resilient_parsing=False)
