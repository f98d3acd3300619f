"""A message for a phone that is not connected leads to a push, and the push to a sync. Bad input no. 52."""

import base64
import io
import json
import secrets
import urllib.request
from pathlib import Path

import pytest
from rich.console import Console

from components.wire.pushes import PROVIDERS
from components.wire.traceparent import Trace
from workbench.cli.context import Workbench
from workbench.cli.main import run
from workbench.cluster import state
from workbench.errors import Exit
from workbench.tracing.journal import read_all

PLATFORM = {"alice": "ios", "bob": "android", "carol": "ios"}


class Boxes:
    """The private ports of a cluster."""

    def __init__(self, cluster):
        self._cluster = cluster
        self._plan = cluster.plan

    def call(self, box, method, path, body=None):
        component = self._plan.component(box)
        request = urllib.request.Request(
            f"{component.private}{path}",
            json.dumps(body).encode() if body is not None else None,
            {"Authorization": f"Bearer {self._plan.secret}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def live(self, user, action):
        return self.call("phones", "POST", f"/phones/{user}/life", {"action": action})

    def is_online(self, user):
        phones = {each["user"]: each for each in self.call("phones", "GET", "/phones?wait_s=5")}
        return phones[user]["link"] == "online"

    def is_gone(self, user):
        """Say whether no chat server holds the user: a message now finds nobody."""
        kinds = ("route_registered", "route_removed")
        journal = read_all(self._cluster.paths.journal(self._plan.run))
        moves = [each for each in journal if each.kind in kinds and each.facts["user"] == user]
        return moves[-1].kind == "route_removed"

    def tokens(self, user):
        return self.call("directory", "GET", f"/tokens?user={user}")

    def send(self, sender, recipient, text):
        trace = Trace.start()
        body = {"to": recipient, "text": text, "traceparent": trace.header, "wait": "sent"}
        self.call("phones", "POST", f"/phones/{sender}/send", body)
        return trace.trace_id

    def fail(self, user, mode):
        self.call(PROVIDERS[PLATFORM[user]], "POST", "/fail", {"mode": mode, "count": 1})


@pytest.fixture
def boxes(cluster):
    return Boxes(cluster)


@pytest.fixture(params=["bob", "carol"])
def away(request, cluster, boxes):
    """Give a user who has a push token, whose app has been killed, and whose phone is in a tunnel."""
    user = request.param
    cluster.await_true(lambda: boxes.is_online(user), f"{user} online")
    cluster.await_true(lambda: boxes.tokens(user), f"token of {user}")
    boxes.live(user, "kill")
    boxes.live(user, "tunnel-in")
    cluster.await_true(lambda: boxes.is_gone(user), f"end of {user}'s route")
    boxes.call("push", "POST", "/synced", {"user": user, "device": "phone"})
    yield user
    boxes.live(user, "tunnel-out")
    boxes.live(user, "open")
    cluster.await_true(lambda: boxes.is_online(user), f"{user} online")


def test_a_message_to_a_phone_that_is_away_leads_to_one_push_that_arrives(cluster, boxes, away):
    journal = cluster.journal_from_here()
    trace_id = boxes.send("alice", away, "hello")
    seen = []

    def arrived():
        seen.extend(each for each in journal.read() if each.kind.startswith("push_"))
        return any(each.kind == "push_sent" for each in seen)

    cluster.await_true(arrived, "push sent")
    boxes.live(away, "tunnel-out")
    cluster.await_true(
        lambda: arrived() and any(each.kind == "push_arrived" for each in seen), "push arrived"
    )
    provider = PROVIDERS[PLATFORM[away]]
    assert [each.kind for each in seen] == ["push_requested", "push_sent", "push_arrived"]
    assert {each.trace_id for each in seen} == {trace_id}
    assert seen[0].link[0].startswith("worker-")
    assert [each.link for each in seen[1:]] == [("push", provider), (provider, away)]
    newest = boxes.call("push", "GET", "/log")[-1]
    assert (newest["user"], newest["platform"], newest["outcome"]) == (away, PLATFORM[away], "sent")


def test_two_messages_join_into_one_push(cluster, boxes, away):
    journal = cluster.journal_from_here()
    boxes.send("alice", away, "one")
    sent = cluster.await_event(journal, "push_sent", user=away)
    boxes.send("alice", away, "two")
    cluster.await_event(journal, "push_joined", user=away, push=sent.facts["push"])


def test_52_a_dead_token_is_removed_and_the_next_launch_brings_a_new_one(cluster, boxes, away):
    (old,) = boxes.tokens(away)
    journal = cluster.journal_from_here()
    boxes.fail(away, "410")
    boxes.send("alice", away, "one")
    cluster.await_event(journal, "token_removed", user=away)
    assert boxes.tokens(away) == []
    boxes.send("alice", away, "two")
    cluster.await_event(journal, "push_impossible", user=away)
    boxes.live(away, "tunnel-out")
    boxes.live(away, "open")
    cluster.await_event(journal, "token_registered", user=away)
    (new,) = boxes.tokens(away)
    assert new["token"] != old["token"]


def test_52_what_is_put_off_is_tried_again(cluster, boxes, away):
    journal = cluster.journal_from_here()
    boxes.fail(away, "429")
    boxes.send("alice", away, "one")
    refused = cluster.await_event(journal, "push_refused", user=away, status=429)
    assert refused.facts["retry_s"] == 1.0
    cluster.await_event(journal, "push_sent", user=away, attempt=2)


def test_no_server_but_the_store_ever_holds_what_was_written(cluster, boxes, away):
    marker = f"marker-{secrets.token_hex(12)}"
    journal = cluster.journal_from_here()
    boxes.send("alice", away, marker)
    cluster.await_event(journal, "push_sent", user=away)
    boxes.live(away, "tunnel-out")
    cluster.await_event(journal, "push_arrived", user=away)
    home = Path(cluster.plan.options.home)
    forms = (marker.encode(), base64.b64encode(marker.encode()))
    holders = {
        path.relative_to(home)
        for path in home.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    }
    phones, store = Path("data/phones"), Path("data/messages.sqlite3")
    elsewhere = {
        path for path in holders if phones not in path.parents and not path.name.startswith(store.name)
    }
    assert holders
    assert not elsewhere


def test_an_uninstalled_app_is_not_woken_again(cluster, boxes):
    cluster.await_true(lambda: boxes.is_online("carol"), "carol online")
    boxes.call("push", "POST", "/synced", {"user": "carol", "device": "phone"})
    journal = cluster.journal_from_here()
    boxes.live("carol", "uninstall")
    cluster.await_true(lambda: boxes.is_gone("carol"), "end of carol's route")
    boxes.send("alice", "carol", "one")
    cluster.await_event(journal, "token_removed", user="carol", reason="Unregistered")
    boxes.live("carol", "reinstall")
    cluster.await_event(journal, "token_registered", user="carol")
    cluster.await_true(lambda: boxes.is_online("carol"), "carol online")


def test_a_notification_service_that_is_stopped_stops_no_delivery_and_is_asked_again(cluster, boxes, away):
    process = state.load(cluster.paths).processes["push"].process()
    journal = cluster.journal_from_here()
    process.suspend()
    try:
        boxes.send("alice", away, "nobody can be woken now")
        cluster.await_event(journal, "engine_unavailable", target="push")
        boxes.send("carol" if away == "bob" else "bob", "alice", "and this arrives")
        cluster.await_event(journal, "message_shown", user="alice")
    finally:
        process.resume()
    cluster.await_event(journal, "push_sent", user=away)


def test_the_log_is_shown(cluster, boxes, away):
    journal = cluster.journal_from_here()
    boxes.send("alice", away, "hello")
    cluster.await_event(journal, "push_sent", user=away)
    answers = []
    command = ["push", "log", "--home", str(cluster.paths.home)]
    assert run([*command, "--json"], Workbench(answers=answers)) is Exit.DONE
    assert (answers[0][-1]["user"], answers[0][-1]["outcome"]) == (away, "sent")
    out = io.StringIO()
    assert run(command, Workbench(out=Console(file=out, width=100))) is Exit.DONE
    assert f"{away}'s phone" in out.getvalue().splitlines()[-1]
