"""Syncs that ask for nonsense, chats with oneself, readers that stop, frames in pieces, logins that race. Numbers are
those of the list of bad inputs."""

import contextlib
import socket
import struct
import threading
import time

import pytest
from peers import TRACEPARENT, hear, hear_until, tell
from test_identity import where
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from components.chat_server.connection import MAX_SENDS
from components.wire.names import MAX_CURSORS

pytestmark = pytest.mark.usefixtures("others_go_on")

PUSHED = 600
BODY = b"x" * 16_000


def conversation(*users):
    return ":".join(sorted(users))


def sync(line, cursors):
    tell(line, {"type": "sync", "cursors": cursors, "traceparent": TRACEPARENT})


def page(line):
    """Give the messages of a page, and the frame that ends it."""
    messages = []
    while (frame := hear(line))["type"] in ("message", "receipt"):
        messages += [frame] if frame["type"] == "message" else []
    return messages, frame


def assert_goes_on(line):
    tell(line, {"type": "ping"})
    assert hear_until(line, "pong")


@pytest.fixture
def pair(cluster):
    """Two devices, the first of them online."""
    device, peer = cluster.device(), cluster.device()
    with device.login() as (line, _welcome):
        yield device, peer, line


# 34: syncs


@pytest.mark.parametrize("cursor", [-1, 2**53, 1.5, "1", None])
def test_34_a_cursor_out_of_range_is_refused(pair, cursor):
    device, peer, line = pair
    sync(line, {conversation(device.user, peer.user): cursor})
    assert hear_until(line, "error")["name"] == "invalid_field"
    assert_goes_on(line)


@pytest.mark.parametrize("cursor", [2, 1000, 2**53 - 1])
def test_34_a_cursor_beyond_the_highest_number_gets_nothing(cluster, pair, cursor):
    device, peer, line = pair
    journal = cluster.journal_from_here()
    frame = device.send(line, peer.user)
    assert hear_until(line, "ack")["seq"] == 1
    cluster.await_event(journal, "message_stored", message_id=frame["client_msg_id"])
    sync(line, {frame["conversation"]: cursor})
    messages, end = page(line)
    assert (messages, end["upto"], end["closed"], end["more"]) == ([], {frame["conversation"]: 1}, {}, False)


def test_34_a_sync_of_a_conversation_of_others_is_refused_and_shows_nothing_of_it(cluster, pair):
    device, peer, line = pair
    journal = cluster.journal_from_here()
    frame = device.send(line, peer.user)
    cluster.await_event(journal, "message_stored", message_id=frame["client_msg_id"])
    stranger = cluster.device()
    with stranger.login() as (other, _):
        sync(other, {frame["conversation"]: 0})
        assert hear_until(other, "error")["name"] == "not_a_member"
        sync(other, {})
        messages, end = page(other)
        assert (messages, end["upto"]) == ([], {})


def test_34_as_many_cursors_as_allowed_are_taken_and_one_more_is_not(pair):
    device, _peer, line = pair
    cursors = {conversation(device.user, f"nobody-{number}"): 0 for number in range(MAX_CURSORS)}
    sync(line, cursors)
    assert page(line)[1]["type"] == "synced"
    sync(line, cursors | {conversation(device.user, "one-more"): 0})
    assert hear_until(line, "error")["name"] == "invalid_field"
    assert_goes_on(line)


# 35: a chat with oneself


def test_35_a_chat_with_oneself_is_refused(cluster, pair):
    device, _peer, line = pair
    journal = cluster.journal_from_here()
    frame = device.send(line, device.user)
    error = hear_until(line, "error")
    assert (error["name"], error["client_msg_id"]) == ("invalid_field", frame["client_msg_id"])
    own = conversation(device.user, device.user)
    tell(
        line,
        {"type": "receipt", "conversation": own, "seq": 1, "status": "read", "traceparent": TRACEPARENT},
    )
    assert hear_until(line, "error")["name"] == "invalid_field"
    sync(line, {own: 0})
    assert hear_until(line, "error")["name"] == "invalid_field"
    cluster.await_event(journal, "frame_rejected", message_id=frame["client_msg_id"])
    assert_goes_on(line)


# 41: a sender over the rate limit


def test_41_a_sender_over_the_rate_is_told_so_and_may_go_on_after_a_while(cluster, pair):
    device, peer, line = pair
    journal = cluster.journal_from_here()
    frames = []

    def pour():
        frames.extend(device.send(line, peer.user) for _ in range(3 * MAX_SENDS))

    pouring = threading.Thread(target=pour)
    pouring.start()
    answers = [hear(line) for _ in range(3 * MAX_SENDS)]
    pouring.join()
    acked = [answer for answer in answers if answer["type"] == "ack"]
    refused = [answer for answer in answers if answer["type"] == "error"]
    assert MAX_SENDS <= len(acked) < len(frames)
    assert {(each["name"], each["definite"], each["retryable"]) for each in refused} == {
        ("rate_limited", True, True)
    }
    assert [each["seq"] for each in acked] == list(
        range(1, len(acked) + 1)
    )  # what was refused took no number
    cluster.await_event(
        journal, "frame_rejected", message_id=refused[0]["client_msg_id"], error="rate_limited"
    )
    again = next(frame for frame in frames if frame["client_msg_id"] == refused[0]["client_msg_id"])
    for _ in range(100):
        tell(line, again)
        answer = hear(line)
        if answer["type"] == "ack":
            break
        time.sleep(0.05)  # the bucket empties by time alone
    assert answer["seq"] == len(acked) + 1


# 38: a reader that stops reading


def test_38_a_reader_that_stops_is_dropped_and_gets_every_message_when_it_comes_back(cluster, pair):
    device, peer, line = pair
    journal, stored = cluster.journal_from_here(), cluster.journal_from_here()
    with peer.login("chat-2") as (_deaf, _welcome):  # it never reads
        last = {}

        def type_all():
            nonlocal last
            for _ in range(PUSHED):
                last = device.send(line, peer.user, BODY)

        typing = threading.Thread(target=type_all)
        typing.start()
        for number in range(1, PUSHED + 1):
            assert hear_until(line, "ack")["seq"] == number
        typing.join()
        cluster.await_event(journal, "slow_reader_dropped", user=peer.user)
        cluster.await_true(lambda: where(cluster, peer.user) is None, "end of the route")
        cluster.await_event(stored, "message_stored", message_id=last["client_msg_id"])
    got, more = [], True
    with peer.login("chat-2") as (line, _welcome):
        while more:
            sync(line, {last["conversation"]: len(got)})
            messages, end = page(line)
            got += [each["seq"] for each in messages]
            more = end["more"]
    assert got == list(range(1, PUSHED + 1))


# 47: frames in pieces


def masked(text):
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=True)


def test_47_a_frame_that_comes_byte_by_byte_is_a_frame(pair):
    _device, _peer, line = pair
    for number, byte in enumerate(masked('{"type":"ping"}')):
        line.socket.sendall(bytes((byte,)))
        if number % 5 == 0:
            time.sleep(0.001)  # so that the kernel does not put them together again
    assert hear_until(line, "pong")


@pytest.mark.parametrize("half", [1, 4, 40])
def test_47_a_reset_in_the_middle_of_a_frame_takes_only_its_own_connection(cluster, half):
    device = cluster.device()
    with device.login() as (line, welcome):
        journal = cluster.journal_from_here()
        send = masked('{"type":"send","client_msg_id":"' + "a" * 12 + '","conversation":"alice:bob"}')
        line.socket.sendall(send[:half])
        line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.socket.shutdown(socket.SHUT_RD)
        line.socket.close()
        gone = cluster.await_event(journal, "route_removed", user=device.user)
        assert gone.facts["connection"] == welcome["connection"]
    with device.login() as (line, _welcome):
        assert_goes_on(line)


# 25: logins that race


@pytest.mark.parametrize("servers", [("chat-1", "chat-1"), ("chat-1", "chat-2")])
def test_25_of_logins_at_the_same_moment_one_stays_and_the_route_is_its(cluster, servers):
    device = cluster.device()
    for _ in range(5):
        both = threading.Barrier(2)
        with contextlib.ExitStack() as stack:
            lines, closed = {}, []

            def log_in(server, both=both, stack=stack, lines=lines, closed=closed):
                both.wait()
                try:
                    line, welcome = stack.enter_context(device.login(server))
                except ConnectionClosed as replaced:  # as early as that: before its welcome
                    closed.append(replaced)
                else:
                    lines[welcome["connection"]] = line

            logins = [threading.Thread(target=log_in, args=(server,)) for server in servers]
            for login in logins:
                login.start()
            for login in logins:
                login.join()
            _server, winner, _device = where(cluster, device.user)
            for connection, line in lines.items():
                if connection != winner:
                    with pytest.raises(ConnectionClosed) as replaced:
                        hear(line)
                    closed.append(replaced.value)
            assert [loser.rcvd.code for loser in closed] == [4409]
            assert_goes_on(lines[winner])
