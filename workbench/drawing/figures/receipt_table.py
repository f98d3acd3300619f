"""The walkthrough's table of the delivery receipts: what the sender sees, and what it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.device.protocol import Status
from workbench.drawing.model import Look
from workbench.tracing.narration import TICKS

if TYPE_CHECKING:
    from workbench.drawing.journey import Journey
    from workbench.drawing.sketch import Sketch

TRIGGERS = {
    Status.PENDING: "written to the local DB, not yet sent",
    Status.SENT: "server received it and ACK'd",
    Status.DELIVERED: "receiver's device stored it and said so",
    Status.READ: "receiver opened the conversation",
}


def receipt_table(sketch: Sketch, lit: Journey | None, top: int) -> None:
    """Write the walkthrough's table of receipts, with the moments when the sender saw them."""
    sketch.box("receipts", 1, top, 77, 2 + len(TRIGGERS), "What the sender sees", group=True)
    for row, (state, trigger) in enumerate(TRIGGERS.items(), start=top + 1):
        look = Look.LIT if lit and state in lit.reached else Look.PLAIN
        sketch.label(4, row, TICKS[state], look)
        sketch.label(10, row, state.upper(), look)
        sketch.label(22, row, trigger, look)
        if lit and state in lit.reached:
            sketch.label(63, row, f"{lit.reached[state]:.1f} ms", look)
