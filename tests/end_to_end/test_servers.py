"""Chat servers end under their phones, by a crash and in order, and come back: real processes, real signals."""

import json
import socket
import urllib.error
import urllib.request

import pytest
import redis
from conftest import running_cluster
from peers import TIMEOUT_S, TRACEPARENT, hear
from test_commands import one_line, workbench
from test_restart import assert_gone, stored
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from components.load_balancer.protocol import Ring
from components.wire.names import SUBPROTOCOL
from workbench.cluster import state
from workbench.cluster.shutdown import processes_of
from workbench.errors import Exit

SPEED = 20.0
HEARTBEAT_NS = 30 / SPEED * 1e9
TTL_S = 3 * 30 / SPEED
AT_HOME = {"alice": "chat-1", "bob": "chat-3", "carol": "chat-2"}
SERVERS = ("chat-1", "chat-2", "chat-3")


def call(plan, url, body=None):
    """Call a private port, and give what it answers."""
    request = urllib.request.Request(
        url,
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {plan.secret}"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
        return json.load(answer)


class Bench:
    """A cluster whose boxes are killed, stopped and started, and its phones."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.plan = cluster.plan
        self.home = cluster.paths.home
        self.control = state.load(cluster.paths).control

    def change(self, name, what):
        return call(self.plan, f"{self.control}/boxes/{name}/{what}", {})

    def boxes(self):
        return {row["name"]: row for row in call(self.plan, f"{self.control}/status")["components"]}

    def phones(self, path="", body=None):
        return call(self.plan, f"{self.plan.one('phones').private}/phones{path}", body)

    def server_of(self, phone):
        """Wait until a phone is connected, and say where."""

        def server():
            found = next(each for each in self.phones() if each["user"] == phone)
            return found["link"] == "online" and found["server"]

        return self.cluster.await_true(server, f"connection of {phone}")

    def send(self, sender, recipient, text, wait="pending"):
        body = {
            "to": recipient,
            "text": text,
            "traceparent": TRACEPARENT,
            "wait": wait,
            "timeout_s": TIMEOUT_S,
        }
        answer = self.phones(f"/{sender}/send", body)
        assert wait in (answer["status"], "pending", "sent"), answer
        return answer

    def on_screen(self, phone, peer):
        return [row["text"] for row in self.phones(f"/{phone}/messages?with={peer}")]

    def statuses(self, phone, peer):
        return [row["status"] for row in self.phones(f"/{phone}/messages?with={peer}")]

    def run(self, *arguments):
        return workbench(self.home, *arguments)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("servers"), speed=SPEED) as cluster:
        yield cluster


@pytest.fixture
def bench(running):
    """A cluster in which every server is up, and every phone on the one that the ring gives it."""
    bench = Bench(running)
    for name, row in bench.boxes().items():
        if row["state"] == "down":
            bench.change(name, "start")
    where = f"{running.plan.one('load_balancer').private}/where?user=alice"
    running.await_true(lambda: call(running.plan, where)["healthy"] == list(SERVERS), "whole ring")
    if {phone: bench.server_of(phone) for phone in AT_HOME} != AT_HOME:
        bench.change("phones", "kill")
        bench.change("phones", "start")
    assert {phone: bench.server_of(phone) for phone in AT_HOME} == AT_HOME
    return bench


@pytest.mark.parametrize(("end", "exit_code"), [("kill", -9), ("stop", 0)])
def test_a_sender_whose_server_ends_is_back_on_another_and_nothing_is_lost_or_doubled(bench, end, exit_code):
    before = bench.server_of("alice")
    earlier = bench.on_screen("bob", "alice")
    journal = bench.cluster.journal_from_here()
    texts = [f"{end} {number}" for number in range(20)]
    bench.send("alice", "bob", texts[0], "delivered")
    for text in texts[1:10]:
        bench.send("alice", "bob", text)
    ended = bench.change(before, end)  # wherever they are: in the outbox, on the socket, on the log
    for text in texts[10:19]:
        bench.send("alice", "bob", text)
    bench.send("alice", "bob", texts[19], "delivered")
    after = bench.server_of("alice")

    assert (ended["state"], ended["exit_code"]) == ("down", exit_code)
    assert after != before
    bench.cluster.await_true(
        lambda: set(bench.statuses("alice", "bob")[-20:]) == {"delivered"}, "DELIVERED of every message"
    )
    assert bench.on_screen("bob", "alice") == [*earlier, *texts]
    events = journal.read()
    shown = [each for each in events if each.kind == "message_shown" and not each.facts["duplicate"]]
    assert len(shown) == len({each.facts["message_id"] for each in shown}) == 20
    exited = next(each for each in events if each.kind == "component_exited")
    assert exited.facts == {"name": before, "exit_code": exit_code, "expected": True}


def test_a_recipient_whose_server_is_killed_is_back_on_another_and_what_was_acknowledged_is_kept(bench):
    conversation = "bob:carol"
    before = bench.server_of("bob")
    assert bench.server_of("carol") != before
    bench.send("carol", "bob", "before", "delivered")
    bench.change(before, "kill")
    away = bench.send("carol", "bob", "while bob was away", "sent")
    bench.cluster.await_true(
        lambda: [body for _, _, body in stored(bench.plan, conversation)].count(b"while bob was away") == 1,
        "row in the store",
    )
    assert bench.server_of("bob") != before
    # The message from in between is in the store, where the phone finds it when it syncs; that is another test's claim.
    last = bench.send("carol", "bob", "after", "delivered")
    assert last["seq"] == away["seq"] + 1
    screen = bench.on_screen("bob", "carol")
    assert (screen.count("before"), screen.count("after")) == (1, 1)
    assert [seq for seq, _, _ in stored(bench.plan, conversation)] == list(range(1, last["seq"] + 1))


def test_the_routes_of_a_killed_server_vanish_within_their_time_to_live(bench):
    device = bench.cluster.device()
    key = f"route_{{{device.user}}}"
    with redis.Redis.from_url(bench.plan.one("redis").endpoint) as client, device.login("chat-2"):
        assert client.exists(key)
        bench.change("chat-2", "kill")
        assert 0 < client.pttl(key) <= TTL_S * 1000
        bench.cluster.await_true(lambda: not client.exists(key), "end of the route")


def test_a_stopped_server_says_goodbye_and_its_phones_move_without_waiting_for_a_heartbeat(bench):
    before = bench.server_of("alice")
    journal = bench.cluster.journal_from_here()
    stranger = bench.cluster.device()
    with stranger.login(before) as (line, _welcome):
        ended = bench.change(before, "stop")
        with pytest.raises(ConnectionClosed) as closed:
            hear(line)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1012, "server_draining")
    assert (ended["exit_code"], ended["signal"]) == (0, None)
    assert bench.server_of("alice") != before

    events = sorted(journal.read(), key=lambda each: each.t_ns)

    def first(kind, **facts):
        return next(each for each in events if each.kind == kind and facts.items() <= each.facts.items())

    off_the_ring = first("server_health_changed", server=before, healthy=False)
    draining = first("server_draining")
    drained = first("connection_drained", user="alice", code=1012, at_rest=True)
    noticed = first("connection_changed", user="alice", before="online")
    gone = first("route_removed", user="alice", removed=True)
    exited = first("component_exited", name=before, exit_code=0, expected=True)
    assert off_the_ring.t_ns < draining.t_ns < drained.t_ns < min(gone.t_ns, noticed.t_ns) < exited.t_ns
    assert noticed.t_ns - drained.t_ns < HEARTBEAT_NS / 2
    assert first("connection_drained", user=stranger.user).facts["code"] == 1012


def test_a_started_server_gets_new_connections_and_those_that_exist_stay(bench):
    before = bench.server_of("alice")
    ended = json.loads(bench.run("server", "kill", before, "--json").stdout)
    move = next(each for each in ended["phones"] if each["phone"] == "alice")
    assert (ended["signal"], ended["waiting"], move["from"]) == ("SIGKILL", [], before)
    assert move["ms"] > 0
    assert move["attempts"] >= 1
    there = bench.server_of("alice")
    assert there == move["to"] != before
    assert bench.boxes()[before]["signal"] == "SIGKILL"
    assert f"{before}" in bench.run("status").stdout
    assert "down (SIGKILL)" in bench.run("status").stdout

    started = json.loads(bench.run("server", "start", before, "--json").stdout)
    assert (started["on_ring"], started["connected"]["alice"]) == (True, there)
    assert "alice" in started["share"]
    assert bench.boxes()[before]["pid"] == started["pid"] != ended["pid"]
    assert state.load(bench.cluster.paths).processes[before].pid == started["pid"]
    assert server_given_to_a_newcomer(bench, before) == before
    assert bench.server_of("alice") == there


def server_given_to_a_newcomer(bench, server):
    """Connect, as a phone does, with a name that belongs to a server by the ring; say which server answers."""
    ring = Ring(SERVERS, bench.plan.options.seed)
    for each in SERVERS:
        ring.set_health(each, healthy=True)
    user = next(user for user in map("user-{}".format, range(1000)) if ring.server_of(user) == server)
    balancer = bench.plan.one("load_balancer").endpoint
    with connect(
        f"{balancer}/connect?user={user}", subprotocols=[SUBPROTOCOL], compression=None, proxy=None
    ) as line:
        return hear(line)["server"]


def test_a_killed_server_is_narrated_until_its_phones_are_back(bench):
    before = bench.server_of("carol")
    told = bench.run("server", "kill", before)
    assert told.returncode == Exit.DONE, told.stderr
    for words in (f"{before} was ended by SIGKILL", "carol's connection: online -> backoff", "back after"):
        assert words in told.stdout
    assert f"{before} is down already" in one_line(bench.run("server", "kill", before))
    told = bench.run("server", "start", before)
    assert told.returncode == Exit.DONE, told.stderr
    assert f"{before} is up: pid " in told.stdout
    assert "Connections that exist stay where they are: carol on " in told.stdout


def test_phones_without_any_server_wait_and_the_first_one_that_starts_gets_them(bench):
    ended = [bench.run("server", "stop", name, "--json") for name in SERVERS]
    assert [each.returncode for each in ended] == [Exit.DONE] * 3
    answer = json.loads(ended[-1].stdout)
    assert answer["waiting"] == ["alice", "bob", "carol"]
    assert one_line(ended[-1]).endswith(
        "no other chat server is up: the phones wait for `workbench server start chat-3`"
    )
    written = bench.send("alice", "bob", "nobody is there")
    bench.change("chat-2", "start")
    assert {bench.server_of(phone) for phone in ("alice", "bob", "carol")} == {"chat-2"}
    assert written["status"] == "pending"
    bench.cluster.await_true(lambda: bench.statuses("alice", "bob")[-1] != "pending", "SENT")
    assert bench.send("bob", "alice", "now", "delivered")["status"] == "delivered"


def test_phones_that_find_no_server_in_time_are_named_and_the_exit_code_says_so(bench):
    before = bench.server_of("alice")
    bench.change("lb", "kill")
    ended = bench.run("server", "kill", before, "--timeout", "0.3")
    assert ended.returncode == Exit.TIMED_OUT
    assert "alice" in one_line(ended)
    assert "none yet" in ended.stdout
    bench.change("lb", "start")
    assert bench.server_of("alice") != before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("kill", "chat-9"), "no chat server 'chat-9': there are chat-1, chat-2, chat-3"),
        (("stop", "redis"), "redis is no chat server: `server` acts on chat-1, chat-2, chat-3"),
        (("start", "alice"), "alice is a phone, no chat server: `server` acts on chat-1, chat-2, chat-3"),
        (("start", "chat-1"), "chat-1 is up already"),
        (("kill", "../down"), "no chat server '../down': there are chat-1, chat-2, chat-3"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(bench, arguments, words):
    refused = bench.run("server", *arguments)
    assert refused.returncode == Exit.USAGE
    assert one_line(refused) == f"workbench: {words}"


def test_every_box_can_be_killed_and_started_again(start_cluster, tmp_path):
    bench = Bench(start_cluster(tmp_path))
    for name in ("lb", "directory", "store", "worker-1", "phones", "redis", "kafka"):
        before = bench.boxes()[name]["pid"]
        assert bench.change(name, "kill")["signal"] == "SIGKILL"
        with pytest.raises(urllib.error.HTTPError) as refused:
            bench.change(name, "kill")
        with refused.value as answer:
            assert answer.read().decode() == f"{name} is down already"
        started = bench.change(name, "start")
        assert (started["state"], started["exit_code"]) == ("up", None)
        assert started["pid"] != before
        assert state.load(bench.cluster.paths).processes[name].pid == started["pid"]


def test_a_box_that_was_started_again_ends_with_its_supervisor_however_that_goes(start_cluster, tmp_path):
    bench = Bench(start_cluster(tmp_path))
    bench.change("chat-2", "kill")
    bench.change("chat-2", "start")
    found = state.load(bench.cluster.paths)
    family = processes_of(found)
    assert found.processes["chat-2"].process() in family
    found.supervisor.process().kill()
    assert_gone(family)


def test_a_server_whose_port_was_taken_meanwhile_does_not_come_up_and_says_why(start_cluster, tmp_path):
    bench = Bench(start_cluster(tmp_path))
    bench.change("chat-2", "kill")
    port = bench.plan.component("chat-2").port
    with socket.create_server(("127.0.0.1", port)):
        failed = bench.run("server", "start", "chat-2")
        assert failed.returncode == Exit.FAILED
        assert f"chat-2 did not come up: chat-2: port {port} cannot be bound" in one_line(failed)
    assert bench.change("chat-2", "start")["state"] == "up"
