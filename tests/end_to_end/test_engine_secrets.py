"""The password of a Redis is shown nowhere: not by a command, not in the journal, not in a log."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from workbench.errors import Exit

ROOT = Path(__file__).parents[2]
PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")
PASSWORD = "topsecret"


@contextmanager
def guarded_redis(folder):
    """Run a Redis that wants a password, and give its URL."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    command = [PROGRAM, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--requirepass", PASSWORD]
    url = f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    with subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 10
            with redis.Redis.from_url(url) as client:
                while not answers(client):
                    assert time.monotonic() < deadline, "the server does not come up"
            yield url
        finally:
            process.terminate()


def answers(client):
    try:
        return client.ping()
    except redis.ConnectionError:
        return False


@pytest.mark.skipif(PROGRAM is None, reason="needs a Redis on this machine")
def test_the_password_of_a_redis_is_shown_nowhere(tmp_path):
    home = tmp_path / "home"

    def workbench(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "workbench", *arguments, "--home", str(home)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    with guarded_redis(tmp_path) as url:
        told = [workbench("up", "--detach", "--redis", url)]
        try:
            assert told[0].returncode == Exit.DONE, told[0].stderr
            told += [
                workbench("up"),
                workbench("status"),
                workbench("status", "--json"),
                workbench("where", "alice"),
                workbench("journal", "--json"),
            ]
        finally:
            told.append(workbench("down"))
    assert {each.returncode for each in told} == {Exit.DONE}
    for each in told:
        assert PASSWORD not in each.stdout + each.stderr
    rows = {row["name"]: row for row in json.loads(told[3].stdout)["components"]}
    assert rows["redis"]["endpoint"].startswith("redis://***@127.0.0.1:")
    for path in (home / "runs").rglob("*"):
        assert not path.is_file() or PASSWORD not in path.read_text(errors="replace"), path
