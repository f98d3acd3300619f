"""Phones on terminals of their own, beside a running cluster."""

import json
import os
import signal
from contextlib import contextmanager

import pytest
from command_line import run as workbench
from glass import Terminal

from workbench.cluster import state
from workbench.errors import Exit


@pytest.fixture
def terminal(cluster):
    """Open phones on terminals, as many as asked; in the end none is left."""
    opened = []

    def open_phone(*arguments, **size):
        made = Terminal(cluster.paths.home, "phone", *arguments, **size)
        opened.append(made)
        return made

    yield open_phone
    for each in opened:
        each.process.close(force=True)


@contextmanager
def stopped(cluster, *kinds):
    """Let boxes stand still for a while, as if the machine had no time for them."""
    running = state.load(cluster.paths).processes
    names = [each.name for kind in kinds for each in cluster.plan.all(kind)]
    pids = [running[name].pid for name in names]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_what_is_typed_on_one_phone_appears_on_the_other_and_its_ticks_turn_in_place(cluster, terminal):
    alice, bob = terminal("alice"), terminal("bob")
    alice.await_row("alice.*connected to chat-1")
    bob.await_row("bob.*connected to chat-3")
    bob.await_row("Tab opens a chat")
    alice.type("/to bob\r")
    alice.await_row("bob>")
    with stopped(cluster, "delivery_worker"):
        with stopped(cluster, "kafka"):
            alice.type("Are you free tonight?\r")
            row = alice.await_row(r"│.*Are you free tonight\? ⏳")
        assert alice.await_row(r"│.*Are you free tonight\? ✓$") == row
    assert alice.await_row(r"│.*Are you free tonight\? ✓✓") == row
    bob.await_row(r"Are you free.*│")
    bob.type("/to alice\r")
    bob.await_row(r"│ \d+ Are you free tonight")
    assert alice.await_row(r"│.*Are you free tonight\? 🔵🔵 READ") == row
    bob.type("Yes!\r")
    bob.await_row("│.*Yes! 🔵🔵 READ")
    assert alice.await_row(r"│ \d+ Yes!") == row
    for each in (alice, bob):
        each.type("\x1b")
        assert each.await_end() == Exit.DONE


def test_a_phone_fits_a_terminal_that_changes_its_size(terminal):
    carol = terminal("carol")
    carol.await_row("connected to chat-2")
    carol.type("/to bob\r")
    carol.type("How are you?\r")
    carol.await_row(r"│.*How are you\? ✓✓")
    carol.resize(40, 12)
    carol.await_row(r"^carol.*connected to chat-2 +\d+:\d+$")
    assert carol.await_row(r"How are you\? ✓✓") == 9
    carol.await_no_row("│")
    carol.resize(20, 10)
    carol.await_row(r"^Esc leave  Tab chat$")
    assert carol.await_row(r"How are you\? ✓✓") == 7
    carol.resize(200, 50)
    assert carol.await_row(r"│.*How are you\? ✓✓") == 47


@pytest.mark.parametrize("key", ["\x1b", "\x03", "\x04", "/leave\r"])
def test_leaving_gives_the_terminal_back(terminal, key):
    alice = terminal("alice")
    alice.await_row("connected")
    alice.type(key)
    assert alice.await_end() == Exit.DONE
    assert not any(alice.glass.rows())


def test_what_was_typed_just_before_leaving_is_sent(cluster, terminal):
    reader = cluster.journal_from_here()
    alice = terminal("alice")
    alice.await_row("connected")
    alice.type("/to carol\rbye\r\x03")
    assert alice.await_end() == Exit.DONE
    cluster.await_event(reader, "message_written", user="alice", peer="carol")


def test_what_cannot_be_sent_is_told_in_the_footer_and_stays_on_the_line(terminal):
    alice = terminal("alice")
    alice.await_row("connected")
    alice.type("Hey\r")
    assert alice.await_row("no chat is open") == 23
    alice.type("\x15/to bob\r\x1b[200~one\ntwo\a\x1b[201~")
    alice.await_row("became blanks")
    alice.type("\r")
    assert alice.await_row("control characters") == 23
    alice.await_row(r"bob> one two\^G")
    alice.type("\x15/dance\r")
    alice.await_row("no command /dance")
    alice.type("\x15/help\r")
    alice.await_row(r"/tunnel in\|out")


def test_a_message_written_in_a_tunnel_waits_and_leaves_with_it(terminal):
    carol = terminal("carol")
    carol.await_row("connected to chat-2")
    carol.type("/to alice\r/tunnel in\r")
    carol.await_row("network none")
    carol.type("from the tunnel\r")
    row = carol.await_row("│.*from the tunnel ⏳")
    carol.type("/tunnel out\r")
    assert carol.await_row("│.*from the tunnel ✓✓") == row
    carol.await_row("connected to chat-2 ")


def test_a_closed_app_takes_nothing_and_says_how_to_open_it(terminal):
    carol = terminal("carol")
    carol.await_row("connected to chat-2")
    carol.type("/to alice\r/kill\r")
    carol.await_row("carol.*offline, closed")
    carol.type("nobody hears\r")
    carol.await_row("workbench phone carol open")
    carol.await_row("alice> nobody hears")
    carol.type("\x15/open\r")
    carol.await_row("connected to chat-2 ")


def test_what_happens_to_a_phone_is_told(cluster):
    done = workbench(cluster.paths.home, "phone", "carol", "tunnel", "in")
    assert done.returncode == Exit.DONE
    assert "network none" in done.stdout.splitlines()[0]
    told = workbench(cluster.paths.home, "phone", "carol", "tunnel", "out")
    assert told.returncode == Exit.DONE
    answer = json.loads(workbench(cluster.paths.home, "phone", "carol", "clock", "-30", "--json").stdout)
    assert answer["user"] == "carol"
    assert workbench(cluster.paths.home, "phone", "carol", "clock", "+30").returncode == Exit.DONE


def test_phones_that_do_not_answer_stop_no_fingers(cluster, terminal):
    alice = terminal("alice")
    alice.await_row("connected")
    alice.type("/to carol\r")
    alice.await_row("carol>")
    with stopped(cluster, "phones"):
        alice.type("are you there?\r")
        alice.type("I go on typing")
        alice.await_row("carol> I go on typing")
        alice.await_row("the phones do not answer: if `are you there")
    alice.await_row(r"│.*are you there\? ✓")
    alice.type("\r")
    alice.await_row("│.*I go on typing ✓✓")


def test_signs_beyond_ascii_can_be_left_out(terminal):
    bob = terminal("bob", "--ascii")
    bob.await_row("connected")
    bob.type("/to carol\rschön\r")
    bob.await_row(r"\|.*sch\\xf6n vv")
    assert all(row.isascii() for row in bob.glass.rows())


def test_without_a_terminal_the_chats_are_printed(cluster):
    home = cluster.paths.home
    assert workbench(home, "send", "carol", "alice", "for a pipe").returncode == Exit.DONE
    done = workbench(home, "phone", "carol")
    assert done.returncode == Exit.DONE
    assert "carol is online on chat-2" in done.stdout
    assert "✓✓ for a pipe" in done.stdout
    answer = json.loads(workbench(home, "phone", "alice", "--json").stdout)
    assert answer["state"]["user"] == "alice"
    assert answer["messages"][-1]["text"] == "for a pipe"
    assert next(each["unread"] for each in answer["conversations"] if each["peer"] == "carol") >= 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["zoe"], "there are alice, bob, carol"),
        (["alice", "dance"], "dance"),
        (["alice", "tunnel"], "tunnel in|out"),
        (["alice", "clock", "soon"], "±SECONDS"),
        (["alice", "kill", "bob"], "write `kill`"),
    ],
)
def test_what_cannot_be_done_to_a_phone_is_said(cluster, arguments, words):
    done = workbench(cluster.paths.home, "phone", *arguments)
    assert done.returncode == Exit.USAGE
    assert words in done.stderr
    assert not done.stdout


def test_a_phone_leaves_with_a_line_when_the_cluster_ends(tmp_path):
    assert workbench(tmp_path, "up", "--detach").returncode == Exit.DONE
    alice = Terminal(tmp_path, "phone", "alice")
    try:
        alice.await_row("connected")
    finally:
        assert workbench(tmp_path, "down").returncode == Exit.DONE
    assert alice.await_end() == Exit.NO_CLUSTER
    alice.await_row("the cluster has ended")
