"""Prints scores with their evidence. Legible at any width and without colour: a verdict is a word, a mark is «»."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from rich.text import Text

from workbench.drawing.canvas import draw
from workbench.drawing.figures.typed import Mark, typed
from workbench.units import say
from workbench.wording import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from workbench.course.checks import Outcome
    from workbench.interview.architecture import Link, LinksResult
    from workbench.interview.grading import Grade, Overruling
    from workbench.interview.report import Report
    from workbench.interview.score import ItemScore, WrongFound
    from workbench.interview.session import Turn
    from workbench.quantities import NumberResult

PARTS = {
    "concept": "what it is called",
    "mechanism": "how it works",
    "reason": "why it is needed",
    "wrong": "the contrary",
}
EXACT = 12
"""Digits of a number as its author wrote it."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def clean(text: str) -> str:
    """Replace control characters one by one: what was typed must not steer the terminal that shows it again."""
    return _CONTROL.sub("\ufffd", text)


def percent(value: float | None) -> str:
    """Say a score."""
    return "not scored" if value is None else f"{value:g}%"


def both(scored: float | None, overruled: float | None) -> str:
    """Say a score, and the learner's where it differs."""
    return (
        percent(scored) if scored == overruled else f"{percent(scored)} ({percent(overruled)} as you see it)"
    )


def marked(sentence: str, spans: Iterable[tuple[int, int]]) -> Text:
    """Mark the words that decided."""
    text, at = Text(), 0
    for start, end in _merged(spans):
        text.append(clean(sentence[at:start]))
        text.append(f"«{clean(sentence[start:end])}»", style="bold underline")
        at = end
    return text.append(clean(sentence[at:]))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if start >= end:  # a regular expression may find nothing at a place
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


class Page:
    """Prints to a console, indented by as much as its width allows."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._indent = 2 if out.width >= 40 else 1  # noqa: PLR2004  columns; below, every one counts

    def line(self, text: Text | str, level: int = 0) -> None:
        """Print one paragraph, or an empty line."""
        indent = " " * self._indent * level
        paragraph = Text(text) if isinstance(text, str) else text
        for row in paragraph.wrap(self._out, max(self._out.width - len(indent), 1)) or [paragraph]:
            row.rstrip()
            self._out.print(Text(indent).append_text(row), soft_wrap=True)

    def report(self, found: Report) -> None:
        """Print a whole interview."""
        self.head(found)
        for question in found.questions:
            self.line("")
            self.line(
                Text(f"{question.title} ({question.topic}): ", style="bold").append(
                    both(question.percent, question.percent_overruled)
                )
            )
            self.line(f"id {question.id}, lesson {question.lesson} ({question.part})", 1)
            for answer in question.answers:
                self.turn(answer.turn)
        self.line("")
        self.next_step(found)

    def head(self, found: Report) -> None:
        """Print the interview's line."""
        self.line(
            f"Interview {found.id}: {both(found.percent, found.percent_overruled)},"
            f" {len(found.questions)} of {count(found.planned, 'question')},"
            f" {found.elapsed_s / 60:.0f} of {count(found.minutes, 'minute')}"
            + ("" if found.finished else ", not finished")
        )

    def next_step(self, found: Report) -> None:
        """Print what to do now."""
        if not found.finished:
            self.line("Next: `workbench interview resume`")
        elif found.next_lesson is not None:
            self.line(f"Next: the lesson {found.next_lesson} ({found.next_part}):")
            self.line(f"workbench lesson start {found.next_lesson}", 1)
        else:
            self.line("Next: another one, with `workbench interview start`")

    def turn(self, turn: Turn) -> None:
        """Print one answer's score."""
        what = "Answer" if turn.follow_up is None else "Follow-up"
        hints = f", {count(turn.hints, 'hint')} taken" if turn.hints else ""
        if turn.follow_up is not None:
            self.line(Text(clean(turn.ask), style="italic"), 1)
        if turn.state == "skipped":
            self.line(f"{what}: skipped{hints}", 1)
            return
        if turn.grade is None and not turn.outcomes:
            self.line(f"{what}: recorded, not scored{hints}", 1)
            return
        self.line(f"{what}: {both(turn.percent, turn.percent_overruled)}{hints}", 1)
        self.outcomes(turn.outcomes)
        if turn.grade is not None:
            self.grade(turn.grade, turn.overrulings)

    def grade(self, graded: Grade, overrulings: Sequence[Overruling] = ()) -> None:
        """Print the verdicts with their evidence."""
        given = {each.item: each for each in overrulings}
        if graded.number is not None:
            self._number(graded.number)
        if graded.links is not None:
            self._links(graded.links)
        for item in graded.score.items:
            self._item(item, given.get(item.id))
        for wrong in graded.score.wrong:
            self._wrong(wrong, given.get(wrong.id))

    def outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Print what came of checks."""
        for each in outcomes:
            if each.passed:
                self.line(f"shown: {clean(each.got)}", 2)
            else:
                word = "unknown" if each.passed is None else "not shown"
                self.line(f"{word}: wanted {each.wanted}, got {clean(each.got)}", 2)
                self.line(" ".join(each.why.split()), 3)

    def _item(self, item: ItemScore, overruling: Overruling | None) -> None:
        self._verdict(item.verdict.value, item.says, f"[{item.id}, {item.points:g} of {item.of}]", overruling)
        sentences: dict[str, list[tuple[int, int]]] = {}
        for evidence in item.evidence:
            sentences.setdefault(evidence.sentence, []).extend(evidence.spans)
        for sentence, spans in sentences.items():
            self.line(marked(sentence, spans), 3)
        if item.lacks and overruling is None:
            self.line(f"not said: {', '.join(PARTS[part] for part in item.lacks)}", 3)

    def _wrong(self, wrong: WrongFound, overruling: Overruling | None) -> None:
        self._verdict("wrong", wrong.why, f"[{wrong.id}, -{wrong.costs}]", overruling)
        self.line(marked(wrong.evidence.sentence, wrong.evidence.spans), 3)

    def _verdict(self, word: str, says: str, note: str, overruling: Overruling | None) -> None:
        says = " ".join(says.split())
        said = word if overruling is None else f"{word}, you say {overruling.verdict.value}"
        self.line(
            Text(f"{said}: ", style="bold").append(says, style="not bold").append(f" {note}", "not bold dim"),
            2,
        )
        if overruling is not None:
            self.line(f"because: {clean(overruling.reason)}", 3)

    def _number(self, number: NumberResult) -> None:
        wanted, give = say(number.value, number.unit, EXACT), f"give or take a factor of {number.factor:g}"
        if number.parsed is None or number.ratio is None:
            self.line(
                Text("not read: ", style="bold").append(clean(number.problem or ""), style="not bold"), 2
            )
            self.line(f"right is {wanted}, {give}", 3)
            return
        word = "right" if number.right else "too high" if number.ratio > 1 else "too low"
        read = say(number.parsed, number.unit)
        text = Text(f"{word}: ", style="bold").append(f"«{clean(number.said)}»", style="underline")
        if _bare(read) != _bare(number.said):
            text.append(f" is {read}", style="not bold")
        if read != say(number.value, number.unit):
            text.append(f"; right is {wanted}", style="not bold")
        self.line(text.append(f", {give}", style="not bold"), 2)

    def drawing(self, links: LinksResult, *, compared: bool) -> None:
        """Draw an architecture that was typed; with `compared`, also what is missing and which link is wrong."""
        figure = typed(marked_links(links, compared=compared))
        if figure is None or figure.width > self._out.width:
            for path in links.paths:
                self.line(clean(" -> ".join(path)), 1)
            return
        for row in draw(figure).rows(ascii_only=False):
            self._out.print(row, soft_wrap=True)

    def _links(self, links: LinksResult) -> None:
        if links.problem is not None:
            self.line(links.problem, 2)
        if links.paths:
            self.drawing(links, compared=True)
        for word, found in (("found", links.found), ("missing", links.missing)):
            for link in found:
                self.line(f"{word}: {arrow(link)}", 2)
        for link, why in links.wrong:
            self.line(f"wrong: {arrow(link)}", 2)
            self.line(" ".join(why.split()), 3)
        free = len(links.extra) - links.too_many
        for link in links.extra[:free]:
            self.line(f"extra, costs nothing: {arrow(link)}", 2)
        for link in links.extra[free:]:
            self.line(f"one extra link too many, costs what a right one earns: {arrow(link)}", 2)
        if links.unknown:
            self.line(f"names not known here: {clean(', '.join(links.unknown))}", 2)


def _bare(said: str) -> str:
    """Leave out what makes no difference: `1,000 servers` and `1000 server`, `20 TB a day` and `20 TB/day`."""
    plain = re.sub(r"\s*(?:/|\b(?:a|per|every|each)\b)\s*", "/", said.lower())
    return re.sub(r"[\s,]|s\b", "", plain)


def marked_links(links: LinksResult, *, compared: bool) -> list[tuple[str, str, Mark]]:
    """List the typed links in their order, and then, if they were compared, those that are missing."""
    said = list(dict.fromkeys(link for path in links.paths for link in pairwise(path)))
    if not compared:
        return [(clean(source), clean(target), Mark.SAID) for source, target in said]
    wrong = {link for link, _why in links.wrong}
    marks = {
        link: Mark.WRONG if link in wrong else Mark.EXTRA
        for link in said
        if link in wrong or link in links.extra
    }
    drawn = [(clean(link[0]), clean(link[1]), marks.get(link, Mark.FOUND)) for link in said]
    return [*drawn, *((source, target, Mark.MISSING) for source, target in links.missing)]


def arrow(link: Link) -> str:
    """Write a link as it is typed."""
    return clean(" -> ".join(link))
