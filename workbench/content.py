"""Knows where lessons and diagrams lie: inside the installed package, or at the root of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def root() -> Path:
    """Give the folder that holds `lessons` and `diagrams`."""
    installed = _PACKAGE / "_content"
    return installed if installed.is_dir() else _PACKAGE.parent
