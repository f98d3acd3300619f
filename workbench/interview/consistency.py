"""Finds in a question what fits its types and yet makes no sense. Pure.

With `mistakes` a question cannot be asked; `slips` are for its author alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.interview.questions import Question

LEAST_FOLLOW_UPS = 2
MODEL_WORDS = (60, 260)

_ID = re.compile(r"[a-z0-9-]+")


def mistakes(question: Question) -> Iterator[tuple[str, str]]:
    """List the mistakes: where in the document, and what to write instead."""
    if question.id:
        yield "id", "the id of a question is the name of its file: remove `id`"
    for kind, part in (("number", question.number), ("architecture", question.architecture)):
        if question.kind == kind and part is None:
            yield "kind", f'a question of kind "{kind}" needs a [{kind}] table'
        if question.kind != kind and part is not None:
            yield (
                kind,
                f'a [{kind}] table belongs to a question of kind = "{kind}", and this one is "{question.kind}"',
            )
    if question.kind == "text" and not question.rubric:
        yield "kind", "a question in text needs [[rubric]]: else nothing scores it"
    if len(question.follow_up) < LEAST_FOLLOW_UPS:
        yield (
            "follow_up",
            f"a question needs at least {LEAST_FOLLOW_UPS} [[follow_up]]; this has {len(question.follow_up)}",
        )
    for at, wrong in enumerate(question.wrong):
        if wrong.costs < 1:
            yield (
                f"wrong[{at}].costs",
                f"a wrong answer costs 1 point or more: write `costs = 2`, not {wrong.costs}",
            )
    yield from _mistakes_in_names(question)


def slips(question: Question, lessons: Sequence[str]) -> Iterator[tuple[str, str]]:
    """List what the author did not mean so: where, and what to write instead. Without `lessons` none is looked up."""
    if not _ID.fullmatch(question.id):
        yield "", f"rename the file: an id is made of a-z, 0-9 and -, such as {_as_id(question.id)}.toml"
    if lessons and question.lesson not in lessons:
        yield "lesson", f"there is no lesson {question.lesson!r}: write one of {', '.join(lessons)}"
    least, most = MODEL_WORDS
    words = len(question.model.split())
    if not least <= words <= most:
        yield "model", f"the model answer has {words} words: write {least} to {most}, as one would say them"
    for path, name in _names(question):
        if not _ID.fullmatch(name):
            yield path, f"an id is made of a-z, 0-9 and -: write `{_as_id(name)}`, not `{name}`"
    for path, text in _patterns(question):
        if (what := crowded(text)) is not None:
            yield path, what


def _as_id(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "an-id"


def crowded(pattern: str) -> str | None:
    """Say what to write instead if a pattern holds a `+` that joins nothing; in a regular expression it may."""
    for term in map(str.strip, pattern.split(" + ")):
        parts = [] if term.startswith("/") else term.split("|")
        if any("+" in part and "/" not in part for part in parts):
            apart = re.sub(r"\s*\+\s*", " + ", term).strip(" +")
            return f"`+` joins terms only between spaces: write `{apart}`, not `{term}`"
    return None


def _patterns(question: Question) -> Iterator[tuple[str, str]]:
    items = [(f"rubric[{at}]", item) for at, item in enumerate(question.rubric)]
    for number, follow_up in enumerate(question.follow_up):
        items += [(f"follow_up[{number}].rubric[{at}]", item) for at, item in enumerate(follow_up.rubric)]
    for path, item in items:
        for part in ("concept", "mechanism", "reason", "wrong"):
            yield from ((f"{path}.{part}", text) for text in getattr(item, part))
    for at, wrong in enumerate(question.wrong):
        yield from ((f"wrong[{at}].patterns", text) for text in wrong.patterns)


def _names(question: Question) -> list[tuple[str, str]]:
    placed = [(f"rubric[{at}].id", item.id) for at, item in enumerate(question.rubric)]
    placed += [(f"wrong[{at}].id", wrong.id) for at, wrong in enumerate(question.wrong)]
    for number, follow_up in enumerate(question.follow_up):
        placed += [
            (f"follow_up[{number}].rubric[{at}].id", item.id) for at, item in enumerate(follow_up.rubric)
        ]
    return placed


def _mistakes_in_names(question: Question) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for path, name in _names(question):
        if name in seen:
            yield path, f"the id `{name}` is taken: an id stands once in a file, follow-ups included"
        seen.add(name)
    items, wrong = [item.id for item in question.rubric], [each.id for each in question.wrong]
    for number, follow_up in enumerate(question.follow_up):
        for known, named, what in (
            (items, follow_up.when.items(), "item of [[rubric]]"),
            (wrong, follow_up.when.wrong, "id of [[wrong]]"),
        ):
            for name in named:
                if name not in known:
                    there = ", ".join(known) or "none"
                    yield f"follow_up[{number}].when", f"`{name}` is no {what}: there is {there}"
