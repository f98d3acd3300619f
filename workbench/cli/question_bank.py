"""What `interview questions` does: lists a bank, shows a question, scores an answer, checks all, explains a pattern."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from rapidfuzz import process
from rich.text import Text

from workbench.cli.language import problem_of
from workbench.errors import Exit, UsageProblem
from workbench.interview.calibration import lint as lint_bank
from workbench.interview.consistency import crowded
from workbench.interview.grading import grade
from workbench.interview.patterns import pattern
from workbench.interview.questions import default_bank, load_bank
from workbench.interview.report_page import Page, marked, percent
from workbench.interview.score import MAX_ANSWER
from workbench.interview.sentence import sentences
from workbench.wording import count

if TYPE_CHECKING:
    from workbench.cli.context import Workbench
    from workbench.interview.questions import Question

UTF8_BYTES = 4
"""At most, of one character."""


def look(
    workbench: Workbench, bank: Path | None, name: str | None, answer: str | None, *, lint: bool
) -> Exit | None:
    """Do what the options ask for.

    Raises:
        UsageProblem: If they do not go together, or what they name is not there.
    """
    folder = bank or default_bank()
    if lint and (name is not None or answer is not None):
        raise UsageProblem("--lint checks the whole bank: leave out the question's ID and --answer")
    if lint:
        return check(workbench, folder)
    if name is None and answer is not None:
        raise UsageProblem("--answer needs the question: workbench interview questions ID --answer FILE")
    if name is None:
        show_all(workbench, folder)
    elif answer is None:
        show(workbench, find(folder, name))
    else:
        score_answer(workbench, find(folder, name), answer)
    return None


def find(folder: Path, name: str) -> Question:
    """Find a question.

    Raises:
        UsageProblem: If there is none of that name.
    """
    bank = {question.id: question for question in load_bank(folder)}
    if name in bank:
        return bank[name]
    close = [each for each, _, _ in process.extract(name, list(bank), limit=3, score_cutoff=50)]
    raise UsageProblem(f"no question {name!r}: there is {', '.join(close or bank)}")


def show_all(workbench: Workbench, folder: Path) -> None:
    """List the bank."""
    bank = load_bank(folder)
    if workbench.json:
        fields = ("id", "topic", "kind", "minutes", "title", "lesson", "part")
        workbench.emit([{field: getattr(question, field) for field in fields} for question in bank])
        return
    page = Page(workbench.out)
    width = max(len(question.id) for question in bank)
    for question in bank:
        page.line(f"{question.id:<{width}}  {question.title} ({question.topic}, {question.minutes} min)")
    page.line(
        Text(f"{count(len(bank), 'question')}. Show one: workbench interview questions ID", style="dim")
    )


def show(workbench: Workbench, question: Question) -> None:
    """Show what is asked, and not what is expected."""
    if workbench.json:
        fields = ("id", "topic", "kind", "minutes", "title", "lesson", "part", "ask", "hints")
        workbench.emit({field: getattr(question, field) for field in fields})
        return
    page = Page(workbench.out)
    page.line(Text(question.title, style="bold"))
    page.line(
        f"{question.topic}, {question.kind}, {question.minutes} min, lesson {question.lesson} ({question.part})"
    )
    page.line("")
    page.line(" ".join(question.ask.split()))
    page.line("")
    page.line(f"Answer it: workbench interview questions {question.id} --answer FILE")


def score_answer(workbench: Workbench, question: Question, file: str) -> None:
    """Score a written answer.

    Raises:
        UsageProblem: If it cannot be read, is empty, or is too long.
    """
    answer = _read(file)
    graded = grade(question, answer)
    if workbench.json:
        workbench.emit({"question": question.id, **msgspec.to_builtins(graded)})
        return
    page = Page(workbench.out)
    page.line(Text(f"{question.title}: {percent(graded.percent)}", style="bold"))
    page.grade(graded)


def explain(workbench: Workbench, text: str, file: str | None) -> None:
    """Show what a pattern finds in an answer, sentence by sentence, and which sentences count as prose.

    Raises:
        UsageProblem: If it is no pattern, or the answer is missing or cannot be read.
    """
    if file is None:
        raise UsageProblem("--explain needs an answer: add --answer FILE, or --answer - for stdin")
    try:
        compiled = pattern(text)
    except ValueError as exc:
        raise UsageProblem(str(exc)) from None
    if (what := crowded(text)) is not None:
        raise UsageProblem(what)
    found = [(each, compiled.find(each)) for each in sentences(_read(file))]
    if workbench.json:
        workbench.emit(
            [
                {
                    "sentence": each.text,
                    "prose": each.is_prose,
                    "found": None if spans is None else [each.text[slice(*span)] for span in spans],
                }
                for each, spans in found
            ]
        )
        return
    page = Page(workbench.out)
    for each, spans in found:
        said = "nothing found" if spans is None else "found"
        page.line(f"{'prose' if each.is_prose else 'no prose'}, {said}:")
        page.line(marked(each.text, spans or []), 1)
    hits = sum(spans is not None for _each, spans in found)
    page.line(f"The pattern finds something in {hits} of {count(len(found), 'sentence')}.")


def _read(file: str) -> str:
    what = "the answer on stdin" if file == "-" else file
    most = MAX_ANSWER * UTF8_BYTES + 1
    try:
        if file == "-":
            read = sys.stdin.buffer.read(most)
        else:
            with Path(file).open("rb") as source:
                read = source.read(most)
        answer = read[:most].decode("utf-8", "strict" if len(read) < most else "ignore")
    except UnicodeDecodeError:
        raise UsageProblem(f"{what} is no UTF-8 text") from None
    except OSError as exc:
        raise UsageProblem(f"{what} cannot be read: {exc.strerror}") from None
    if len(answer) > MAX_ANSWER or len(read) == most:
        raise UsageProblem(f"{what} is too long: an answer has at most {MAX_ANSWER:,} characters")
    if not answer.strip():
        raise UsageProblem(f"{what} is empty: there is nothing to score")
    return answer


def check(workbench: Workbench, folder: Path) -> Exit:
    """Check the bank; say every mistake with file and line."""
    scored, problems = lint_bank(folder, problem_of)
    if workbench.json:
        workbench.emit(
            {
                "answers": [msgspec.to_builtins(each) | {"fits": each.fits} for each in scored],
                "problems": [
                    {"file": str(each.file), "line": each.line, "text": each.text} for each in problems
                ],
            }
        )
    else:
        page = Page(workbench.out)
        for each in scored:
            low, high = each.band
            word = "ok" if each.fits else "OUT"
            page.line(f"{word:<3} {each.question} {each.kind}: {each.percent:g} in {low:g} to {high:g}")
        for problem in problems:
            workbench.out.print(str(problem), markup=False, soft_wrap=True)
        names = {each.question for each in scored}
        figures = ((len(names), "question"), (len(scored), "answer"), (len(problems), "problem"))
        page.line(", ".join(count(number, noun) for number, noun in figures))
    return Exit.CHECK_FAILED if problems else Exit.DONE
