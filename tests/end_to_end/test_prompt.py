"""The prompt of `up`, through a real terminal."""

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from workbench.cluster import state
from workbench.cluster.paths import Paths
from workbench.cluster.shutdown import await_end, processes_of
from workbench.errors import Exit

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
ROOT = Path(__file__).parents[2]


class Terminal:
    """A process on a terminal of 80 by 24, and what it has shown so far."""

    def __init__(self, home, *arguments):
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={
                **os.environ,
                "WORKBENCH_HOME": str(home),
                "PYTHONPATH": str(ROOT),
                "TERM": "xterm",
                "NO_COLOR": "1",
            },
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""

    def type(self, text):
        os.write(self._ours, text.encode())

    def await_text(self, text, *, seconds=30):
        """Read until the text is shown, and forget what came before it."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} is not in {self.shown[-2000:]!r}"
            if select.select([self._ours], [], [], left)[0]:
                chunk = os.read(self._ours, 65536).decode(errors="replace")
                if "\x1b[6n" in chunk:
                    self.type("\x1b[1;1R")  # a terminal is asked where its cursor is, and must say so
                self.shown += ESCAPE.sub("", chunk)
        before, self.shown = self.shown.split(text, 1)
        return before

    def close(self):
        os.close(self._ours)


@pytest.fixture
def terminal(tmp_path):
    opened = Terminal(tmp_path, "up")
    try:
        opened.await_text("ends the cluster.")
        everything = processes_of(state.load(Paths(tmp_path)))
        yield opened
    finally:
        opened.process.kill()
        opened.process.wait()
        opened.close()
    await_end(everything)


def test_the_prompt_knows_the_commands_and_leaving_it_ends_the_cluster(terminal, tmp_path):
    everything = processes_of(state.load(Paths(tmp_path)))
    terminal.type("where bob\r")
    terminal.await_text("bob belongs on chat-3")
    terminal.type('send alice bob "Hey there"\r')
    terminal.await_text("PENDING")
    terminal.await_text("DELIVERED")
    terminal.type("nonsense\r")
    terminal.await_text("No such command")
    terminal.type("help send\r")
    terminal.await_text("Type TEXT on the phone of FROM")
    terminal.type("exit\r")
    terminal.await_text("ending the cluster")
    assert terminal.process.wait(timeout=30) == Exit.DONE
    await_end(everything)


def test_what_another_terminal_sends_is_told_above_the_prompt(terminal, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "workbench", "send", "carol", "alice", "x", "--json", "--home", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    terminal.await_text("carol writes")
    terminal.await_text("DELIVERED")


@pytest.mark.skipif(
    not (shutil.which("redis-server") or shutil.which("valkey-server")),
    reason="needs a Redis on this machine",
)
def test_a_redis_found_on_this_machine_takes_the_embedded_ones_place(tmp_path):
    def workbench(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "workbench", *arguments, "--home", str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    workbench("up", "--detach", "--redis", "server")
    try:
        redis = state.load(Paths(tmp_path)).processes["redis"].process()
        assert "redis-server" in redis.name() or "valkey-server" in redis.name()
        assert '"status":"delivered"' in workbench("send", "alice", "bob", "x", "--json")
    finally:
        workbench("down")
