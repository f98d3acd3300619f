"""What a user can mistype: one line that says what to do, a documented exit code, and never a traceback."""

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from workbench.cli.messaging import _Call, _check_recipient
from workbench.cluster.plan import Options, make_plan
from workbench.errors import Exit, FailedError, UsageProblem

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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["where", "a b"], "no user's name"),
        (["where", "ä"], "no user's name"),
        (["where", "alice?x=1"], "no user's name"),
        (["where", b"\xff"], "no user's name"),
        (["messages", "alice", "--with", "a b"], "no user's name"),
        (["messages", "alice", "--with", "nobody"], "no user 'nobody'"),
    ],
)
def test_what_is_no_name_and_who_is_no_user_is_said(workbench, arguments, words):
    result = workbench(*arguments)
    assert result.returncode == Exit.USAGE
    assert words in one_line(result)


def test_a_conversation_without_messages_is_said_to_be_one(workbench):
    result = workbench("messages", "carol", "--with", "probe-0")
    assert result.returncode == Exit.DONE
    assert "no messages with probe-0" in one_line(result)


@pytest.mark.parametrize("command", [["status"], ["down"], ["where", "alice"], ["logs"], ["journal"], ["up"]])
def test_a_file_is_no_home(workbench, tmp_path, command):
    file = tmp_path / "file"
    file.touch()
    result = workbench(*command, env={"WORKBENCH_HOME": str(file)})
    assert result.returncode == Exit.FAILED
    assert "--home DIR" in one_line(result)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["journal"]])
def test_a_full_disk_under_stdout_is_one_line(workbench, command):
    with Path("/dev/full").open("w") as full:
        result = workbench(*command, stdout=full)
    assert result.returncode == Exit.FAILED
    assert "the output cannot be written" in one_line(result)


@pytest.mark.parametrize("command", [["status"], ["status", "--json"]])
def test_a_closed_stdout_is_one_line(cluster, command):
    # A shell closes it: a closed descriptor cannot be handed over otherwise.
    result = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&-', "sh", *WORKBENCH, *command],
        env={**os.environ, "WORKBENCH_HOME": str(cluster.paths.home), "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert result.returncode == Exit.FAILED
    assert "the output cannot be written" in one_line(result)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_stderr_that_takes_nothing_leaves_the_exit_code(cluster):
    result = subprocess.run(
        ["/bin/sh", "-c", '"$@" 2>/dev/full', "sh", *WORKBENCH, "where", "zoe"],
        env={**os.environ, "WORKBENCH_HOME": str(cluster.paths.home), "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert result.returncode == Exit.USAGE


def test_ticks_on_a_terminal_that_has_none_become_question_marks_and_json_stays_exact(workbench):
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    sent = workbench("send", "carol", "bob", "ä", env=ascii_only)
    assert sent.returncode == Exit.DONE, sent.stderr
    assert b"? " in sent.stdout
    rows = json.loads(workbench("messages", "bob", "--with", "carol", "--json", env=ascii_only).stdout)
    assert rows[-1]["text"] == "ä"


BROKEN = """
import sys
from workbench.cli.context import Workbench
from workbench.cli.main import run

def broken(_workbench):
    raise ZeroDivisionError("division by zero\\nand more")

Workbench.cluster = broken
sys.exit(run(["status"]))
"""


def test_a_defect_is_one_line_that_names_a_file_of_its_owner_alone(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", BROKEN],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert result.returncode == Exit.FAILED
    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "ZeroDivisionError" in kept.read_text()
    assert str(kept) in one_line(result)


@pytest.mark.parametrize("redirection", ["", "2>&1"])
def test_a_reader_who_leaves_does_not_take_the_detached_cluster_with_him(tmp_path, redirection):
    environment = {**os.environ, "WORKBENCH_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    reading, writing = os.pipe()
    os.close(reading)
    subprocess.run(
        ["/bin/sh", "-c", f'"$@" {redirection}', "sh", *WORKBENCH, "up", "--detach"],
        env=environment,
        stdout=writing,
        timeout=60,
        check=False,
    )
    os.close(writing)
    down = subprocess.run([*WORKBENCH, "down"], env=environment, timeout=60, check=False)
    assert down.returncode == Exit.DONE


@pytest.mark.parametrize(
    "option", [("--kafka", "x"), ("--kafka", "a:99999"), ("--redis", "redis://h:x"), ("--redis", "x")]
)
def test_what_cannot_be_an_address_of_an_engine_is_a_mistake_of_usage(workbench, tmp_path, option):
    result = workbench("up", "--detach", "--home", str(tmp_path / "home"), *option)
    assert result.returncode == Exit.USAGE
    assert option[0] in result.stderr.decode().splitlines()[-1]


@pytest.mark.parametrize(
    ("option", "address"),
    [("--kafka", "127.0.0.1:{}"), ("--redis", "redis://:topsecret@127.0.0.1:{}/0")],
)
def test_an_engine_that_does_not_listen_is_said_before_anything_is_started(
    workbench, tmp_path, option, address
):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    result = workbench("up", "--detach", "--home", str(tmp_path / "home"), option, address.format(port))
    assert result.returncode == Exit.FAILED
    line = one_line(result)
    assert line.startswith(f"workbench: {option} ")
    assert "connection refused" in line
    assert "topsecret" not in line
    assert not list((tmp_path / "home").glob("runs/*"))


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"-WRONGPASS invalid\r\n"])
def test_a_redis_that_is_none_or_wants_another_password_is_said_before_anything_is_started(
    workbench, tmp_path, answer
):
    def serve():
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with connection:
                    connection.sendall(answer)
                    connection.settimeout(10)
                    while connection.recv(4096):
                        pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        url = f"redis://:topsecret@127.0.0.1:{listening.getsockname()[1]}"
        result = workbench("up", "--detach", "--home", str(tmp_path / "home"), "--redis", url)
        listening.shutdown(socket.SHUT_RDWR)
    assert result.returncode == Exit.FAILED
    assert "is it a Redis" in one_line(result)
    assert "topsecret" not in result.stderr.decode()


def test_a_message_to_nobody_is_refused_before_the_phone_writes_it(workbench):
    before = workbench("messages", "alice", "--json").stdout
    result = workbench("send", "alice", "dave", "hi")
    assert result.returncode == Exit.USAGE
    assert "no user 'dave'" in one_line(result)
    assert workbench("messages", "alice", "--json").stdout == before


def test_a_directory_that_is_away_keeps_no_phone_from_writing():
    class Away:
        plan = make_plan(Options("/"), "run", "secret", "name", range)

        def call(self, *_arguments, **_options):
            raise FailedError("the directory does not answer")

    _check_recipient(Away(), "dave")
    with pytest.raises(UsageProblem):
        _check_recipient(Away(), "no name")
