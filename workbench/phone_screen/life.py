"""What happens to a phone in a day, as words that are typed: in a shell, and after a slash in the screen. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import UsageProblem

if TYPE_CHECKING:
    from workbench.phone_screen.model import State

ACTIONS: dict[str, str] = {
    "tunnel": "in|out",
    "wifi-to-cellular": "",
    "background": "",
    "foreground": "",
    "kill": "",
    "open": "",
    "uninstall": "",
    "reinstall": "",
    "clock": "±SECONDS",
}
"""Each action with what has to be said with it."""

_SECONDS = re.compile(r"[+-]?\d{1,9}(\.\d{1,6})?\Z")


class Life(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked of a phone. `argument` goes with `clock` alone: seconds."""

    action: str
    argument: float | None = None


def life_of(action: str, argument: str | None) -> Life:
    """Read an action.

    Raises:
        UsageProblem: If there is no such action, or not with such an argument.
    """
    if action not in ACTIONS:
        raise UsageProblem(f"no action {action!r}: there are {', '.join(ACTIONS)}")
    if action == "tunnel" and argument in ("in", "out"):
        return Life(f"tunnel-{argument}")
    if action == "clock" and _SECONDS.match(argument or ""):
        return Life(action, float(argument or 0))
    if ACTIONS[action] or argument:
        usage = f"{action} {ACTIONS[action]}".strip()
        raise UsageProblem(f"{f'{action} {argument}' if argument else action!r} cannot be: write `{usage}`")
    return Life(action)


def told(state: State) -> str:
    """Say in one line how a phone is."""
    link = "waiting to connect again" if state.link == "backoff" else state.link
    parts = [f"{state.user} is {link}" + (f" on {state.server}" if state.server else "")]
    parts += [f"app {state.app}"] if state.app else []
    parts += [f"network {state.network}"] if state.network else []
    parts += [state.problem] if state.problem else []
    return ", ".join(parts)
