"""Turns events into lines for a terminal. The words are in `narration.j2`, the facts in the journal."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from rich.text import Text

from workbench.cluster.exits import signal_of

if TYPE_CHECKING:
    from rich.console import Console

    from workbench.tracing.journal import Seen

TICKS = {"pending": "⏳", "sent": "✓", "delivered": "✓✓", "read": "🔵🔵"}
"""The walkthrough's icons. The word always stands beside them, so nothing is lost where they cannot be shown."""

_STATUS_OF_KIND = {"message_written": "pending", "message_sent": "sent"}
_QUIET = {"send_received", "offsets_committed"}
"""Told by the event before or after them; `journal` and `trace --json` have them."""

_ASIDE = {
    "push_requested",
    "push_joined",
    "push_impossible",
    "push_sent",
    "push_refused",
    "token_removed",
    "push_arrived",
}
"""Part of a message's journey when its recipient is offline, though of none of the five steps."""

HEAD_CELLS = 17
NARROWEST_CELLS = 20


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  plain text
    )
    environment.globals["signal_of"] = signal_of
    return environment.get_template("narration.j2")


def sentence(event: Seen) -> str:
    """Say what happened, in one sentence without markup."""
    link = f"{event.link[0]} → {event.link[1]}" if event.link else event.component
    return _block(event.kind, f=event.facts, link=link, component=event.component)


def reason(step: int) -> str:
    """Say why a step exists."""
    return _block(f"why_{step}")


def tick(event: Seen) -> str:
    """Give the icon of the status that this event reached, or nothing."""
    status = _STATUS_OF_KIND.get(event.kind) or (
        event.facts["status"] if event.kind == "message_status_changed" else ""
    )
    return TICKS.get(status, "")


def _block(name: str, **names: object) -> str:
    template = _template()
    block = template.blocks.get(name)
    if block is None:
        return name.replace("_", " ")
    return "".join(block(template.new_context(names))).strip()


class Narrator:
    """Prints events as they come, with the time since the send, and each step's reason once a message."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began: dict[str, int] = {}
        self._explained: set[tuple[str, int]] = set()
        self._first: int | None = None

    def tell(self, event: Seen, *, everything: bool = False) -> None:
        """Print one event; with `everything`, also what happens behind the scenes."""
        if event.step is None or event.trace_id is None:
            if event.kind in _ASIDE and event.trace_id in self._began:
                since = f"{(event.t_ns - self._began[event.trace_id]) / 1e6:.1f} ms"
                self._print("", since, "", Text(sentence(event)))
            elif everything:
                self._print("", self._since_start(event), "", Text(sentence(event)))
            return
        began = self._began.setdefault(event.trace_id, event.t_ns)
        if event.kind in _QUIET and not everything:
            return
        since = f"{(event.t_ns - began) / 1e6:.1f} ms"
        self._print(f"[{event.step}]", since, tick(event), Text(sentence(event)))
        if (event.trace_id, event.step) not in self._explained:
            self._explained.add((event.trace_id, event.step))
            self._print("", "", "", Text("why: " + reason(event.step), style="dim"))

    def _since_start(self, event: Seen) -> str:
        if self._first is None:
            self._first = event.t_ns
        return f"{(event.t_ns - self._first) / 1e9:.2f} s"

    def _print(self, step: str, since: str, icon: str, text: Text) -> None:
        head = Text.assemble((f"{step:<3} ", "bold cyan"), (f"{since:>9} ", "dim"), (icon, "bold green"))
        head.append(" " * (HEAD_CELLS - head.cell_len))
        # Wrapped by hand, so that a pipe gets no trailing blanks.
        for line in text.wrap(self._console, max(self._console.width - HEAD_CELLS, NARROWEST_CELLS)):
            line.rstrip()
            self._console.print(head + line, soft_wrap=True)
            head = Text(" " * HEAD_CELLS)
