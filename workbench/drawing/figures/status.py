"""The life of a message on its sender's phone, drawn from the table that the phone runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.device.protocol import MESSAGE, Status
from workbench.drawing.sketch import Sketch
from workbench.tracing.narration import TICKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.drawing.journey import Journey
    from workbench.drawing.model import Figure, Hop

MEANS = {
    Status.PENDING: "in the phone's own database",
    Status.SENT: "the log has it",
    Status.DELIVERED: "the recipient's phone has it",
    Status.READ: "the conversation was opened",
    Status.FAILED: "refused for good",
}
_X, _WIDTH, _STEP = 4, 36, 6


def _sets(status: str) -> Callable[[Hop], bool]:
    return lambda hop: hop.status == status


def status(lit: Journey | None = None) -> Figure:
    """Draw every state and transition of the table, with the moment each state was reached if a message is given."""
    sketch = Sketch(hop for hop in lit.hops if hop.status) if lit else Sketch()
    states: list[Status] = list(dict.fromkeys(state for row in MESSAGE for state in (row[0], row[2])))
    line: list[Status] = [state for state in states if state is not Status.FAILED]
    tops: dict[Status, int] = {state: place * _STEP for place, state in enumerate(line)}
    for state, top in tops.items():
        reached = f"  {lit.reached[state]:.1f} ms" if lit and state in lit.reached else ""
        sketch.box(state, _X, top, _WIDTH, 4, f"{TICKS[state]} {state.upper()}{reached}", MEANS[state])
    sketch.box(Status.FAILED, 48, 0, 29, 4, Status.FAILED.upper(), MEANS[Status.FAILED])
    _transitions(sketch, line, tops)
    stays = sorted({f"{event} in {state.upper()}" for state, event, then in MESSAGE if state == then})
    return sketch.finish(
        "status",
        "states",
        "Message status" if lit is None else f"The status of {lit.message_id}",
        "A message on its sender's phone: pending, sent, delivered, read; or failed. Receipts only move forward.",
        f"Change nothing: {', '.join(stays)}.",
    )


def _transitions(sketch: Sketch, line: list[Status], tops: dict[Status, int]) -> None:
    column = _X + _WIDTH - 1
    lanes = iter(range(column + 12, 80, 10))
    for state, event, then in MESSAGE:
        if state == then:
            continue
        if then is Status.FAILED:
            sketch.link(state, then, (column, 2), (47, 2), says=event, label=(column + 2, 1))
        elif line.index(then) == line.index(state) + 1:
            top = tops[state]
            middle = _X + _WIDTH // 2
            sketch.link(
                state,
                then,
                (middle, top + 3),
                (middle, top + 5),
                says=event,
                label=(middle + 2, top + 4),
                carries=_sets(then),
            )
        else:  # a step that is skipped: around the side
            lane = next(lanes)
            sketch.link(
                state,
                then,
                (column, tops[state] + 2),
                (lane, tops[state] + 2),
                (lane, tops[then] + 1),
                (column + 1, tops[then] + 1),
                says=event,
                label=(lane + 2, tops[state] + 5),
                carries=_sets(then),
            )
