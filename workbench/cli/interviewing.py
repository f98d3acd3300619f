"""The commands `interview start`, `resume`, `report`, `questions`: their names and options.

What they do is in `conversation.py` and `question_bank.py`, which load only when one of them runs: rubrics need
stemmers and matchers that `send` does not wait for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench import content
from workbench.cli.context import Workbench, command_options
from workbench.errors import UsageProblem

if TYPE_CHECKING:
    from workbench.errors import Exit

bank_option = click.option(
    "--bank",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of questions. Default: the workbench's own.",
)


@click.group(no_args_is_help=True)
def interview() -> None:
    """Practise the interview: be asked, followed up and scored, with the words that decided.

    Begin with `workbench interview start`. Nothing leaves this machine.
    """


@interview.command()
@click.option(
    "--minutes",
    type=click.IntRange(1, 240),
    default=30,
    show_default=True,
    help="Fill so many minutes.",
)
@click.option("--focus", metavar="TOPIC", help="Only questions on this topic; `questions` lists the topics.")
@click.option("--seed", type=int, help="Draw the same questions as another interview with this seed.")
@bank_option
@command_options
def start(
    workbench: Workbench, *, minutes: int, focus: str | None, seed: int | None, bank: Path | None
) -> Exit:
    """Begin an interview. It is saved after every answer; Ctrl-C leaves it, and `resume` goes on."""
    from workbench.cli import conversation  # noqa: PLC0415  it loads when it is needed

    return conversation.start(workbench, minutes, focus, seed, bank)


@interview.command()
@command_options
def resume(workbench: Workbench) -> Exit:
    """Go on with the newest interview that was not finished, where it stopped."""
    from workbench.cli import conversation  # noqa: PLC0415  it loads when it is needed

    return conversation.resume(workbench)


@interview.command()
@click.argument("name", metavar="[ID|last]", default="last")
@click.option(
    "--overrule",
    nargs=2,
    type=(str, click.Choice(["met", "partly", "missed", "contradicted"])),
    metavar="QUESTION/ITEM VERDICT",
    help="Judge an item yourself: met, partly, missed (of a wrong answer: not said) or contradicted. Both scores stay.",
)
@click.option("--reason", help="Why you overrule.")
@command_options
def report(workbench: Workbench, *, name: str, overrule: tuple[str, str] | None, reason: str | None) -> None:
    """Show how an interview went: per item the verdict, the words that decided, and what was lacking."""
    from workbench.cli import conversation  # noqa: PLC0415  it loads when it is needed

    conversation.report(workbench, name, overrule, reason)


def _complete_question(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    folder = context.params.get("bank") or content.folder("lessons") / "interview"
    return [file.stem for file in sorted(folder.glob("*.toml")) if file.stem.startswith(incomplete)]


@interview.command()
@click.argument("name", metavar="[ID]", required=False, shell_complete=_complete_question)
@click.option("--answer", metavar="FILE", help="Score the answer in this file; `-` is stdin.")
@click.option("--lint", is_flag=True, help="Check the bank, and score its calibration answers.")
@click.option(
    "--explain",
    metavar="PATTERN",
    help="Show what a rubric's pattern finds in the answer, sentence by sentence.",
)
@bank_option
@command_options
def questions(  # noqa: PLR0913  one for each option
    workbench: Workbench,
    *,
    name: str | None,
    answer: str | None,
    explain: str | None,
    bank: Path | None,
    lint: bool,
) -> Exit | None:
    """List the questions, show one, score a written answer to it, or check the bank.

    With `--lint` the exit code is 5 if anything is wrong.
    """
    from workbench.cli import question_bank  # noqa: PLC0415  it loads when it is needed

    if explain is not None:
        if name is not None or lint:
            raise UsageProblem("--explain needs no question: leave out ID and --lint")
        question_bank.explain(workbench, explain, answer)
        return None
    return question_bank.look(workbench, bank, name, answer, lint=lint)
