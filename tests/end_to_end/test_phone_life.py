"""The phone lives in tunnels: what steps 4a, 4b, 4d and 5 of the walkthrough promise, on real processes and sockets."""

import os
import secrets
import shutil
import signal

import pytest
import redis
from handsets import Phones, assert_shown_once

from components.connection_map.protocol import Keys
from workbench.cluster import state
from workbench.cluster.nodes import redis_prefix


@pytest.fixture
def phones(cluster):
    driven = Phones(cluster)
    yield driven
    for user in cluster.plan.options.phones:
        if driven.state(user)["network"] == "none":
            driven.life(user, "tunnel-out")
        driven.life(user, "open")
        driven.await_online(user)


def texts(count, what="text"):
    mark = secrets.token_hex(4)
    return [f"{what} {number} {mark}" for number in range(1, count + 1)]


# Offline-first: walkthrough step 4b


def test_what_is_typed_in_a_tunnel_waits_as_pending_and_leaves_in_order(phones):
    typed = texts(4)
    with phones.away("alice", "tunnel-in", "tunnel-out"):
        sent = [phones.send("alice", "bob", text) for text in typed]
        assert {each["status"] for each in phones.messages("alice", "bob") if each["text"] in typed} == {
            "pending"
        }
    for each in sent:
        phones.await_status("alice", each["message_id"], "delivered")
    assert_shown_once(phones.messages("alice", "bob"), typed)
    assert_shown_once(phones.messages("bob", "alice"), typed)


def test_an_app_killed_with_a_full_outbox_loses_nothing_that_was_typed(phones):
    typed = texts(3)
    phones.life("alice", "tunnel-in")
    sent = [phones.send("alice", "bob", text) for text in typed]
    phones.life("alice", "kill")
    phones.life("alice", "tunnel-out")
    phones.life("alice", "open")
    for each in sent:
        phones.await_status("alice", each["message_id"], "delivered")
    assert_shown_once(phones.messages("bob", "alice"), typed)


# Offline delivery: step 5


@pytest.mark.parametrize(("leave", "come_back"), [("tunnel-in", "tunnel-out"), ("kill", "open")])
def test_a_phone_that_was_away_gets_what_it_missed_once_and_in_order(phones, leave, come_back):
    missed = texts(5)
    phones.life("bob", leave)
    sent = [phones.send("alice", "bob", text, wait="sent") for text in missed]
    assert all(each["status"] == "sent" for each in sent)
    phones.life("bob", come_back)
    for each in sent:
        phones.await_status("alice", each["message_id"], "delivered")
    assert_shown_once(phones.messages("bob", "alice"), missed)


def test_a_sender_who_is_away_when_the_tick_comes_sees_it_on_return(phones):
    (text,) = texts(1)
    phones.life("bob", "kill")
    sent = phones.send("alice", "bob", text, wait="sent")
    phones.life("alice", "tunnel-in")
    phones.life("bob", "open")
    phones.cluster.await_true(lambda: text in phones.texts("bob", "alice"), "the message on bob's phone")
    phones.life("alice", "tunnel-out")
    phones.await_status("alice", sent["message_id"], "delivered")


def test_no_tick_is_shown_for_what_the_recipient_does_not_have(phones):
    """The delivered mark is the contiguous prefix: a later message does not vouch for one that was missed."""
    first, second = texts(2)
    journal = phones.cluster.journal_from_here()
    phones.life("bob", "tunnel-in")
    missed = phones.send("alice", "bob", first, wait="sent")
    phones.cluster.await_event(journal, "message_stored", message_id=missed["message_id"])
    phones.life("bob", "tunnel-out")
    later = phones.send("alice", "bob", second)
    phones.await_status("alice", later["message_id"], "delivered")
    assert_shown_once(phones.messages("bob", "alice"), [first, second])


def test_many_missed_messages_come_in_pages(phones):
    missed = texts(230)
    journal = phones.cluster.journal_from_here()
    phones.life("carol", "tunnel-in")  # where no push arrives either
    sent = [phones.send("alice", "carol", text) for text in missed]
    phones.cluster.await_event(journal, "message_stored", message_id=sent[-1]["message_id"])
    phones.life("carol", "tunnel-out")
    finished = phones.cluster.await_event(journal, "sync_finished", user="carol", messages=230)
    assert finished.facts["pages"] == 3
    phones.await_status("alice", sent[-1]["message_id"], "delivered")
    assert_shown_once(phones.messages("carol", "alice"), missed)


def test_a_conversation_that_is_opened_turns_its_ticks_blue(phones):
    (text,) = texts(1)
    sent = phones.send("alice", "bob", text, wait="delivered")
    phones.read("bob", "alice")
    phones.await_status("alice", sent["message_id"], "read")
    assert not [each for each in phones.messages("bob", "alice") if each["unread"]]


def test_a_conversation_that_is_read_in_a_tunnel_is_told_after_it(phones):
    (text,) = texts(1)
    sent = phones.send("alice", "bob", text, wait="delivered")
    with phones.away("bob", "tunnel-in", "tunnel-out"):
        phones.read("bob", "alice")
    phones.await_status("alice", sent["message_id"], "read")


# Connections: step 4a


def test_a_server_that_went_silent_is_left_for_another(cluster, phones):
    server = phones.state("alice")["server"]
    pid = state.load(cluster.paths).processes[server].pid
    journal = cluster.journal_from_here()
    os.kill(pid, signal.SIGSTOP)
    try:
        (text,) = texts(1)
        sent = phones.send("alice", "bob", text)
        cluster.await_event(journal, "connection_silent", user="alice")
        cluster.await_true(lambda: phones.state("alice")["server"] not in (server, None), "another server")
        phones.await_status("alice", sent["message_id"], "delivered")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert_shown_once(phones.messages("bob", "alice"), [text])


def test_a_server_gives_up_a_phone_of_which_it_hears_nothing(cluster, phones):
    journal = cluster.journal_from_here()
    phones.life("bob", "tunnel-in")
    cluster.await_event(journal, "connection_silent", user="bob")
    cluster.await_event(journal, "route_removed", user="bob")


def test_a_handover_to_the_cellular_network_is_a_new_connection(cluster, phones):
    journal = cluster.journal_from_here()
    phones.life("bob", "wifi-to-cellular")
    cluster.await_event(journal, "sync_finished", user="bob")
    (text,) = texts(1)
    phones.send("alice", "bob", text, wait="delivered")
    assert_shown_once(phones.messages("bob", "alice"), [text])


def test_an_app_in_the_background_is_suspended_and_its_socket_with_it(cluster, phones):
    journal = cluster.journal_from_here()
    phones.life("alice", "background")
    cluster.await_event(journal, "app_moved", user="alice", after="suspended")
    phones.await_offline("alice")
    (text,) = texts(1)
    sent = phones.send("bob", "alice", text, wait="sent")
    phones.life("alice", "open")
    phones.await_status("bob", sent["message_id"], "delivered")


# Numbers that never come


def test_a_gap_is_noticed_and_closed_and_nobody_waits_for_ever(cluster, phones):
    first, second = texts(2)
    phones.send("alice", "carol", first, wait="delivered")
    connection = redis.Redis.from_url(cluster.plan.one("redis").endpoint)
    connection.incr(Keys(redis_prefix(cluster.plan)).seq("alice:carol"))  # a server that died before the log
    journal = cluster.journal_from_here()
    sent = phones.send("alice", "carol", second)
    cluster.await_event(journal, "gap_seen", user="carol", conversation="alice:carol")
    cluster.await_event(journal, "gap_closed", conversation="alice:carol")
    phones.await_status("alice", sent["message_id"], "delivered")
    assert_shown_once(phones.messages("carol", "alice"), [first, second])


# The phone itself


def test_a_phone_restored_from_an_old_backup_fetches_the_rest_again(cluster, phones):
    before, after = texts(2)
    phones.send("alice", "bob", before, wait="delivered")
    phones.life("bob", "kill")
    database = cluster.paths.phones / "bob.sqlite3"
    backup = cluster.paths.phones / "bob.backup"
    shutil.copy(database, backup)
    phones.life("bob", "open")
    phones.send("alice", "bob", after, wait="delivered")
    phones.life("bob", "kill")
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    backup.replace(database)
    phones.life("bob", "open")
    cluster.await_true(lambda: after in phones.texts("bob", "alice"), "the message after the backup")
    assert_shown_once(phones.messages("bob", "alice"), [before, after])


def test_an_uninstalled_app_is_gone_with_its_key_and_a_new_one_registers_anew(cluster, phones):
    journal = cluster.journal_from_here()
    phones.life("carol", "uninstall")
    assert not list(cluster.paths.phones.glob("carol.sqlite3*"))
    assert phones.status_of("/phones/carol/life", {"action": "open"}) == 409
    assert phones.status_of("/phones/carol/messages") == 409
    phones.life("carol", "reinstall")
    cluster.await_event(journal, "key_replaced", user="carol")
    phones.await_online("carol")
    (text,) = texts(1)
    phones.send("alice", "carol", text, wait="delivered")


@pytest.mark.parametrize("jump_s", [3600, -3600, -86_400])
def test_49_a_wrong_clock_changes_no_order(phones, jump_s):
    first, second, third = texts(3)
    phones.send("alice", "bob", first, wait="delivered")
    phones.life("bob", "clock", jump_s)
    try:
        phones.send("bob", "alice", second, wait="delivered")
        phones.send("alice", "bob", third, wait="delivered")
    finally:
        phones.life("bob", "clock", -jump_s)
    for user, peer in (("alice", "bob"), ("bob", "alice")):
        assert_shown_once(phones.messages(user, peer), [first, second, third])


def test_what_a_phone_cannot_do_is_refused(phones):
    assert phones.status_of("/phones/nobody/life", {"action": "open"}) == 404
    assert phones.status_of("/phones/bob/life", {"action": "fly"}) == 422
    assert phones.status_of("/phones/bob/life", {"action": "reinstall"}) == 409
    assert phones.status_of("/phones/bob/read", {"peer": "bob", "traceparent": "x"}) == 422
