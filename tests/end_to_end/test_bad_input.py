"""What a user can mistype: one line that says what to do, a documented exit code, and never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.cli.messaging import _Call
from workbench.errors import Exit

WORKBENCH = [sys.executable, "-m", "workbench"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def workbench(cluster):
    """Run a command against the running cluster."""

    def run(*arguments, **changed):
        given = {"stdout": subprocess.PIPE, "env": {}} | changed
        environment = {**os.environ, "WORKBENCH_HOME": str(cluster.paths.home), "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            [*WORKBENCH, *arguments],
            **given | {"env": environment | given["env"]},
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    return run


def one_line(result):
    lines = result.stderr.decode().strip().splitlines()
    assert len(lines) == 1, result.stderr.decode()
    return lines[0]


def test_text_that_is_no_utf_8_is_refused_and_nothing_waits(workbench):
    result = workbench("send", "alice", "bob", b"ab\xff")
    assert result.returncode == Exit.USAGE
    assert "character 3" in one_line(result)


def test_a_call_that_fails_in_an_unforeseen_way_is_over():
    class Broken:
        def call(self, *_arguments, **_options):
            raise ZeroDivisionError

    call = _Call(Broken(), "", {"wait": "sent"}, 1)
    call.start()
    call.join(timeout=10)
    assert call.done
    with pytest.raises(ZeroDivisionError):
        call.result()
