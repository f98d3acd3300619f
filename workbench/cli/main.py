"""The command group, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench import __version__
from workbench.cli import streams
from workbench.cli.context import Workbench
from workbench.cli.drawing import diagram
from workbench.cli.experimenting import experiment
from workbench.cli.interviewing import interview
from workbench.cli.last_resort import defect_line
from workbench.cli.learning import lesson
from workbench.cli.lifecycle import down, reset, up
from workbench.cli.messaging import messages, send
from workbench.cli.observing import journal, logs, status, trace, where
from workbench.cli.owning import read, stats
from workbench.cli.phone import phone
from workbench.cli.pushing import push
from workbench.cli.serving import server
from workbench.errors import EXIT_MEANINGS, ClosedPipeError, Exit, WorkbenchError

if TYPE_CHECKING:
    from collections.abc import Sequence

EPILOG = (
    "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in EXIT_MEANINGS.items()) + "."
)


@click.group(
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="workbench")
def cli() -> None:
    """Run a chat architecture for real, and watch every hop of a message.

    Begin with `workbench up`; then, in the same terminal or another: workbench send alice bob "Hey"
    """


COMMANDS = (
    up,
    status,
    send,
    messages,
    read,
    stats,
    phone,
    trace,
    where,
    server,
    diagram,
    lesson,
    interview,
    push,
    experiment,
    logs,
    journal,
    down,
    reset,
)

for _command in COMMANDS:
    cli.add_command(_command)


def run(arguments: Sequence[str], workbench: Workbench | None = None) -> Exit:
    """Run one command line, print what went wrong if something did, and give the exit code."""
    streams.prepare()
    workbench = workbench or Workbench()
    try:
        code = cli.main(list(arguments), prog_name="workbench", standalone_mode=False, obj=workbench)
        return Exit(code) if isinstance(code, int) else Exit.DONE
    except click.ClickException as exc:
        exc.show()
        return Exit.USAGE
    except ClosedPipeError as exc:
        streams.give_up_stdout()
        return exc.exit_code
    except WorkbenchError as exc:
        workbench.note(f"workbench: {exc}")
        return exc.exit_code
    except (click.Abort, KeyboardInterrupt):
        workbench.note("interrupted")
        return Exit.INTERRUPTED
    except Exception as exc:  # noqa: BLE001  the last resort: a prompt must survive any defect of a command
        if isinstance(exc, OSError) and streams.is_output_error(exc):
            streams.give_up_stdout()
            workbench.note(f"workbench: the output cannot be written: {exc.strerror}")
        else:
            workbench.note(f"workbench: {defect_line(exc)}")
        return Exit.FAILED
