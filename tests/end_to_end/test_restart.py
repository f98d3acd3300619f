"""What survives: messages and sequence IDs outlive every process, and no process outlives its supervisor."""

import base64
import json
import urllib.request
from pathlib import Path

import psutil
import pytest
import redis
from peers import Device, hear_until, tell

from workbench.cluster import state
from workbench.cluster.launch import clean_leftovers
from workbench.cluster.paths import Paths
from workbench.cluster.shutdown import processes_of


def power_cut(plan):
    """Kill every process that the state file names, and see the whole family gone: nobody gets to say goodbye."""
    found = state.load(Paths(Path(plan.options.home)))
    family = processes_of(found)
    for each in (found.supervisor, *found.processes.values()):
        if process := each.process():
            process.kill()
    assert_gone(family)


def assert_gone(family):
    assert len(family) > 11
    _gone, alive = psutil.wait_procs(family, timeout=20)
    assert not alive


def stored(plan, conversation):
    """Read a conversation's partition from the message store: (seq, epoch, body) of each row."""
    request = urllib.request.Request(
        f"{plan.one('message_store').private}/messages?conversation={conversation}",
        headers={"Authorization": f"Bearer {plan.secret}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        rows = json.load(answer)
    return [(row["seq"], row["epoch"], base64.b64decode(row["body"])) for row in rows]


def send_and_store(cluster, line, device, peer, body):
    """Send a message, and wait until it is acknowledged and in the store."""
    journal = cluster.journal_from_here()
    frame = device.send(line, peer, body)
    ack = hear_until(line, "ack")
    cluster.await_event(journal, "message_stored", message_id=frame["client_msg_id"], outcome="stored")
    return frame, ack


def test_numbers_go_on_in_a_new_epoch_after_a_power_cut_and_nothing_stored_is_lost(start_cluster, tmp_path):
    before = start_cluster(tmp_path)
    device, peer = before.device(), before.device()
    with device.login() as (line, _welcome):
        send_and_store(before, line, device, peer.user, b"one")
        second, last = send_and_store(before, line, device, peer.user, b"two")
    power_cut(before.plan)
    assert clean_leftovers(Paths(tmp_path)) == []

    after = start_cluster(tmp_path)
    # The directory kept the key: registering it again changes nothing.
    again = Device(after.plan, device.user, key=device.key)
    with again.login() as (line, _welcome):
        journal = after.journal_from_here()
        tell(line, second)
        retried = hear_until(line, "ack")
        assert retried["seq"] == last["seq"]
        after.await_event(journal, "counter_seeded", seq=last["seq"], epoch=last["epoch"] + 1)
        _frame, third = send_and_store(after, line, again, peer.user, b"three")
    assert (third["seq"], third["epoch"]) == (last["seq"] + 1, last["epoch"] + 1)
    assert stored(after.plan, last["conversation"]) == [
        (1, last["epoch"], b"one"),
        (2, last["epoch"], b"two"),
        (3, third["epoch"], b"three"),
    ]


def test_a_supervisor_killed_alone_takes_every_process_with_it(start_cluster, tmp_path):
    cluster = start_cluster(tmp_path)
    found = state.load(cluster.paths)
    family = processes_of(found)
    found.supervisor.process().kill()
    assert_gone(family)
    assert clean_leftovers(cluster.paths) == []
    assert not cluster.paths.state.exists()


@pytest.mark.parametrize("lost", ["seq", "epoch"])
def test_44_a_counter_deleted_under_a_running_cluster_goes_on_from_the_store(cluster, lost):
    device, peer = cluster.device(), cluster.device()
    with device.login() as (line, _welcome):
        _frame, first = send_and_store(cluster, line, device, peer.user, b"one")
        with redis.Redis.from_url(cluster.plan.one("redis").endpoint) as client:
            assert client.delete(f"conv_{{{first['conversation']}}}_{lost}") == 1
        _frame, second = send_and_store(cluster, line, device, peer.user, b"two")
    assert (second["seq"], second["epoch"]) == (first["seq"] + 1, first["epoch"] + 1)


def test_44_a_flushed_connection_map_is_filled_again_and_no_number_comes_twice(start_cluster, tmp_path):
    cluster = start_cluster(tmp_path)
    device, peer = cluster.device(), cluster.device()
    with device.login() as (line, _), peer.login("chat-2") as (other, _):
        _frame, first = send_and_store(cluster, line, device, peer.user, b"one")
        assert hear_until(other, "message")["seq"] == first["seq"]
        with redis.Redis.from_url(cluster.plan.one("redis").endpoint) as client:
            client.flushall()
            frame, second = send_and_store(cluster, line, device, peer.user, b"two")
            assert (second["seq"], second["epoch"]) == (first["seq"] + 1, first["epoch"] + 1)
            # A server refreshes its routes once a heartbeat, so the recipient can be found again without a login.
            cluster.await_true(lambda: client.exists(f"route_{{{peer.user}}}"))
        tell(line, frame)
        assert hear_until(line, "ack")["seq"] == second["seq"]
        assert hear_until(other, "message")["seq"] == second["seq"]
