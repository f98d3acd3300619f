"""Kills every process of a cluster whose supervisor died. A program of its own, because the dead cannot clean up.

It reads lines `pid created` on standard input, which only the supervisor writes to. End of input means that the
supervisor is gone, however it went: whatever on the list is still alive is killed. After an orderly end nothing is.
"""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Collect process ids until the supervisor is gone, then kill what is left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lines = sys.stdin.read().split("\n")

    from workbench.cluster.state import ProcessId  # noqa: PLC0415  only now, to stay small while waiting

    for line in filter(None, lines):
        pid, created = line.split()
        process = ProcessId(int(pid), float(created)).process()
        if process is not None:
            process.kill()


if __name__ == "__main__":
    main()
