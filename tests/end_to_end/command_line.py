"""Runs the workbench as a user does, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

from workbench.errors import Exit

ROOT = Path(__file__).parents[2]


def run(home, *arguments, timeout=90, **environment):
    """Run a command under a home, without a terminal, and give what came of it."""
    return subprocess.run(
        [sys.executable, "-m", "workbench", *arguments, "--home", str(home)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=timeout,
        check=False,
    )


def expect(home, *arguments, code=Exit.DONE):
    """Run a command that ends with this exit code, and shows no traceback whatever it is."""
    done = run(home, *arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done
