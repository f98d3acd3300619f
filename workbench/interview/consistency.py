"""Finds in a question what fits its types and yet makes no sense. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.interview.questions import Question

LEAST_FOLLOW_UPS = 2


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
    yield from _mistakes_in_names(question)


def _mistakes_in_names(question: Question) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    placed = [(f"rubric[{at}].id", item.id) for at, item in enumerate(question.rubric)]
    placed += [(f"wrong[{at}].id", wrong.id) for at, wrong in enumerate(question.wrong)]
    for number, follow_up in enumerate(question.follow_up):
        placed += [
            (f"follow_up[{number}].rubric[{at}].id", item.id) for at, item in enumerate(follow_up.rubric)
        ]
    for path, name in placed:
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
