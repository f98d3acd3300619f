"""42: `kill -9` at every point of a message's way, with several on the way, loses, doubles and reorders nothing.

The killer reads the journal and strikes as soon as it sees the event, a moment after it: what the process did in that
moment differs from run to run, and whatever it was must not matter.
"""

import http.client
import os
import secrets
import signal
import threading
import time
import urllib.error
from collections import defaultdict

import pytest
from conftest import running_cluster
from handsets import Phones
from test_servers import Bench

from workbench.cluster import state

TICKS = ("pending", "sent", "delivered", "read")
TIMEOUT_S = 60
TYPED = (("alice", "bob"), ("bob", "alice"), ("alice", "bob"), ("carol", "bob")) * 3
GONE = (OSError, http.client.HTTPException, urllib.error.URLError)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("crashes")) as cluster:
        yield cluster


class Killer(threading.Thread):
    """Kills a process the moment that the journal shows an event for the `nth` time: `victim`, or who wrote it."""

    def __init__(self, cluster, kind, nth, victim=None):
        super().__init__(daemon=True)
        self._journal = cluster.journal_from_here()
        self._pids = {name: each.pid for name, each in state.load(cluster.paths).processes.items()}
        self._kind, self._nth, self._victim = kind, nth, victim
        self.killed = None

    def run(self):
        deadline = time.monotonic() + TIMEOUT_S
        seen = 0
        while time.monotonic() < deadline:
            for event in self._journal.read():
                seen += event.kind == self._kind
                if seen == self._nth:
                    self.killed = self._victim or event.component
                    os.kill(self._pids[self.killed], signal.SIGKILL)
                    return
            time.sleep(0.0005)


class Chat:
    """What is typed while somebody is killed, and what became of it."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.bench = Bench(cluster)
        self.phones = Phones(cluster)
        self.events = []
        for name, row in self.bench.boxes().items():
            if row["state"] == "down":
                self.bench.change(name, "start")
        for user in cluster.plan.options.phones:
            self.await_true(lambda user=user: self.phones.state(user)["link"] == "online", f"{user} online")
        self.journal = cluster.journal_from_here()
        self.mark = secrets.token_hex(3)

    def type(self, lines):
        """Type until the phones are gone; whether the last line was still written, the journal tells."""
        for number, (sender, recipient) in enumerate(lines):
            try:
                self.phones.send(sender, recipient, f"{self.mark} {number}")
            except GONE:
                return

    def revive(self, name):
        self.await_true(lambda: self.bench.boxes()[name]["state"] == "down", f"end of {name}")
        assert self.bench.change(name, "start")["state"] == "up"

    @staticmethod
    def await_true(question, what):
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                if answer := question():
                    return answer
            except GONE:
                pass  # the phones' process is on its way up
            time.sleep(0.02)
        raise AssertionError(f"no {what}")

    def of_kind(self, kind):
        self.events += self.journal.read()
        return [event.facts for event in self.events if event.kind == kind]

    def screens(self, user, peer):
        rows = self.phones.messages(user, peer)
        return [(row["seq"], row["message_id"], row["from"], row["status"]) for row in rows]

    def await_ticks(self):
        """Wait until everything that was ever written has its second tick."""

        def all_have_it():
            written = self.of_kind("message_written")
            missing = {each["message_id"] for each in written}
            for user, peer in {(each["user"], each["peer"]) for each in written}:
                missing -= {
                    message_id
                    for _seq, message_id, _sender, status in self.screens(user, peer)
                    if status in ("delivered", "read")
                }
            return not missing

        self.await_true(all_have_it, "second tick of every message that was typed")


POINTS = [
    ("message_written", None),
    ("send_transmitted", None),
    ("send_received", None),
    ("sequence_assigned", None),
    ("message_appended", None),
    ("message_sent", None),
    ("record_consumed", None),
    ("message_stored", None),
    ("message_stored", "store"),
    ("message_handed_over", None),
    ("message_shown", None),
    ("receipt_taken", None),
    ("receipt_kept", None),
    ("receipt_kept", "store"),
    ("receipt_handed_over", None),
    ("message_status_changed", None),
    ("offsets_committed", None),
]


@pytest.mark.parametrize(("kind", "victim"), POINTS)
def test_42_a_process_killed_right_after(running, kind, victim):
    chat = Chat(running)
    killer = Killer(running, kind, nth=1 if kind == "offsets_committed" else 4, victim=victim)
    killer.start()
    chat.type(TYPED)
    killer.join()
    assert killer.killed, f"nobody did {kind}"
    chat.revive(killer.killed)
    chat.await_true(lambda: chat.phones.state("alice") and chat.phones.state("bob"), "phones")
    chat.type(TYPED[:4])
    chat.await_ticks()
    assert_nothing_is_lost_doubled_or_reordered(chat)


def assert_nothing_is_lost_doubled_or_reordered(chat):
    written = defaultdict(list)
    for each in chat.of_kind("message_written"):
        written[each["user"], each["peer"]].append(each["message_id"])
    assert sum(map(len, written.values())) >= 4
    for (sender, recipient), typed in written.items():
        theirs = chat.screens(recipient, sender)
        assert [each for _seq, each, _from, _status in theirs if each in typed] == typed
        assert [row[:3] for row in chat.screens(sender, recipient)] == [row[:3] for row in theirs]
        numbers = [seq for seq, *_rest in theirs]
        assert numbers == sorted(set(numbers))

    shown = [
        (each["user"], each["message_id"]) for each in chat.of_kind("message_shown") if not each["duplicate"]
    ]
    assert len(shown) == len(set(shown))

    named, numbered = defaultdict(set), defaultdict(set)
    for each in chat.of_kind("sequence_assigned"):
        named[each["conversation"], each["seq"]].add(each["message_id"])
        numbered[each["message_id"]].add(each["seq"])
    assert [each for each in named.values() if len(each) > 1] == []
    renewed = {each["message_id"] for each in chat.of_kind("number_renewed")}
    assert [each for each, seqs in numbered.items() if len(seqs) > 1 and each not in renewed] == []

    tick = defaultdict(int)
    for each in chat.of_kind("message_status_changed"):
        reached = TICKS.index(each["status"])
        assert reached >= tick[each["message_id"]]
        tick[each["message_id"]] = reached
