"""Where a cluster keeps its files: everything lies under one home, readable by its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

MARKER = "chat-workbench-home"


class Paths:
    """The files under a home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state = home / "cluster.json"
        self.lock = home / "lock"
        self.marker = home / MARKER
        self.history = home / "history"
        self.progress = home / "progress.json"
        self.data = home / "data"
        self.phones = home / "data" / "phones"
        self.runs = home / "runs"

    def run(self, run: str) -> Path:
        """The folder of one run."""
        return self.runs / run

    def journal(self, run: str) -> Path:
        """The run's journal."""
        return self.run(run) / "journal.jsonl"

    def logs(self, run: str) -> Path:
        """The folder of the run's logs, one file a component."""
        return self.run(run) / "logs"

    def create(self, run: str) -> None:
        """Make the folders of a run.

        Raises:
            OSError: If the home cannot be written.
        """
        for folder in (self.home, self.data, self.phones, self.runs, self.run(run), self.logs(run)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.marker.touch(mode=0o600)


def default_home() -> Path:
    """The home if none is given: `WORKBENCH_HOME`, or the platform's folder for state."""
    given = os.environ.get("WORKBENCH_HOME")
    return (
        Path(given).expanduser() if given else platformdirs.user_state_path("chat-workbench", appauthor=False)
    )
