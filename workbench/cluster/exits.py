"""How a process ended, in words."""

from __future__ import annotations

import signal


def signal_of(exit_code: int | None) -> str | None:
    """Name the signal that ended a process, None if none did."""
    if exit_code is None or exit_code >= 0:
        return None
    try:
        return signal.Signals(-exit_code).name
    except ValueError:  # a real-time signal has no name
        return f"signal {-exit_code}"
