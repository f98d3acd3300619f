"""The signs of the screen, and their ASCII forms for terminals that have no others. Pure."""

from __future__ import annotations

import msgspec

from workbench.tracing.narration import TICKS


class Look(msgspec.Struct, frozen=True):
    """One set of signs. `ticks` maps a status to its short form, `words` to the form where there is room."""

    ascii_only: bool
    ticks: dict[str, str]
    words: dict[str, str]
    ellipsis: str
    upright: str
    between: str

    def tick(self, status: str, *, short: bool) -> str:
        """Give the sign of an own message's status."""
        return (self.ticks if short else self.words).get(status, status[:4])


UNICODE = Look(
    ascii_only=False,
    ticks={**TICKS, "failed": "✗"},
    words={**TICKS, "read": f"{TICKS['read']} READ", "failed": "✗ FAILED"},
    ellipsis="…",
    upright="│",
    between=" · ",
)
_SPELLED = {"pending": "..", "sent": "v", "delivered": "vv", "read": "READ", "failed": "FAIL"}
ASCII = Look(ascii_only=True, ticks=_SPELLED, words=_SPELLED, ellipsis="..", upright="|", between=" - ")
"""The walkthrough's icons, as `diagram --ascii` spells them; READ is a word, for `vv` is taken."""
