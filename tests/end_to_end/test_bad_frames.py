"""What a stranger can throw at a chat server's port. Numbers are those of the list of bad inputs."""

import json
import socket

import pytest
from peers import RawPeer, hear, hear_until, open_socket, tell
from websockets.exceptions import ConnectionClosed

from components.wire.names import MAX_FRAME_BYTES

pytestmark = pytest.mark.usefixtures("others_go_on")

TEXT, CONTINUATION, BINARY, CLOSE, PING = 1, 0, 2, 8, 9


@pytest.fixture
def online(cluster):
    device = cluster.device()
    with device.login() as (socket, _welcome):
        yield device, socket


def close_code_of(socket):
    try:
        while True:
            socket.recv(timeout=10)
    except ConnectionClosed as closed:
        return closed.rcvd.code


@pytest.mark.parametrize(
    ("number", "text", "name"),
    [
        (1, '{"type":"send","client_msg_id":"', "malformed_frame"),
        (2, "[1,2]", "malformed_frame"),
        (2, '"ping"', "malformed_frame"),
        (11, "[" * 10_000 + "]" * 10_000, "malformed_frame"),
        (12, '{"type":"receipt","conversation":"a:b","seq":NaN}', "malformed_frame"),
        (13, '{"type":"ping","type":"send"}', "malformed_frame"),
        (14, '{"type":"ping","\\ud800":1}', "malformed_frame"),
    ],
)
def test_a_text_that_is_no_frame_is_answered_and_closed(cluster, online, number, text, name):
    device, socket = online
    journal = cluster.journal_from_here()
    tell(socket, text)
    error = hear_until(socket, "error")
    assert (error["name"], error["definite"]) == (name, True), number
    assert close_code_of(socket) == 1007
    cluster.await_event(journal, "frame_rejected", user=device.user, error=name)


@pytest.mark.parametrize("seq", [2**64, -1, 0, 1.5])
def test_12_a_seq_out_of_range_is_refused_and_the_connection_goes_on(online, seq):
    device, socket = online
    frame = {
        "type": "receipt",
        "conversation": f"{device.user}:zoe",
        "seq": seq,
        "status": "delivered",
        "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    }
    tell(socket, frame)
    assert hear_until(socket, "error")["name"] == "invalid_field"
    tell(socket, {"type": "ping"})
    assert hear_until(socket, "pong")


@pytest.mark.parametrize("kind", ["teleport", "ack", "", None, 1, ["ping"], {"ping": 1}])
def test_14_an_unknown_type_is_refused_and_the_connection_goes_on(cluster, online, kind):
    device, socket = online
    journal = cluster.journal_from_here()
    tell(socket, {"type": kind})
    assert hear_until(socket, "error")["name"] == "unknown_type"
    cluster.await_event(journal, "frame_rejected", user=device.user, error="unknown_type")
    tell(socket, {"type": "ping"})
    assert hear_until(socket, "pong")


def test_4_a_binary_frame_is_answered_and_closed(cluster, online):
    device, socket = online
    journal = cluster.journal_from_here()
    tell(socket, b'{"type":"ping"}')
    assert hear_until(socket, "error")["name"] == "binary_frame"
    assert close_code_of(socket) == 1003
    cluster.await_event(journal, "frame_rejected", user=device.user, error="binary_frame")


def test_9_one_byte_over_the_limit_is_closed_and_at_the_limit_is_not(cluster, online):
    _device, socket = online
    padding = " " * (MAX_FRAME_BYTES - len('{"type":"ping"}'))
    tell(socket, '{"type":"ping"}' + padding)
    assert hear_until(socket, "pong")
    journal = cluster.journal_from_here()
    tell(socket, '{"type":"ping"}' + padding + " ")
    assert close_code_of(socket) == 1009
    cluster.await_event(journal, "frame_rejected", error="protocol_violation")


def wrong_frames():
    yield 3, 1007, lambda peer: peer.frame(TEXT, b'{"type":"\xff\xfe"}')
    yield 5, 1002, lambda peer: peer.frame(TEXT, b'{"type":"ping"}', masked=False)
    yield 6, 1002, lambda peer: peer.frame(TEXT, b'{"type":"ping"}', rsv=2)
    yield 7, 1002, lambda peer: peer.frame(PING, b"half", fin=False)
    yield 7, 1002, lambda peer: peer.frame(PING, b"x" * 126)
    # No extension was negotiated, so compressed data, bomb or not, is a reserved bit that must be zero.
    yield 10, 1002, lambda peer: peer.frame(TEXT, b"\x78\x9c" * 100, rsv=4)


@pytest.mark.parametrize(("number", "code", "throw"), list(wrong_frames()))
def test_what_breaks_the_websocket_protocol_is_closed_with_its_code(cluster, number, code, throw):
    journal = cluster.journal_from_here()
    peer = RawPeer(cluster.plan)
    throw(peer)
    assert peer.close_code() == code, number
    peer.close()
    event = cluster.await_event(journal, "connection_refused", error="protocol_violation")
    assert event.facts["detail"].startswith(str(code))


@pytest.mark.parametrize("payload", [b"", b"x" * 8000])
def test_8_endless_fragments_are_ended(cluster, payload):
    journal = cluster.journal_from_here()
    peer = RawPeer(cluster.plan)
    peer.frame(TEXT, payload, fin=False)
    for _ in range(1000):
        if not peer.frame(CONTINUATION, payload, fin=False):
            break
    assert peer.close_code() in (None, 1008, 1009)
    peer.close()
    cluster.await_event(journal, "connection_refused", error="protocol_violation")


def test_15_an_unknown_version_of_the_protocol_gets_no_connection(cluster):
    journal = cluster.journal_from_here()
    peer = RawPeer(cluster.plan, subprotocol="chat-workbench.v99")
    assert peer.status == 400
    peer.close()
    cluster.await_event(journal, "connection_refused", error="handshake_failed", detail="400 Bad Request")


def test_16_a_half_open_handshake_is_ended(cluster):
    journal = cluster.journal_from_here()
    peer = RawPeer(cluster.plan, handshake=False)
    peer.socket.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert peer.socket.recv(4096) == b""
    peer.close()
    cluster.await_event(
        journal, "connection_refused", error="handshake_failed", detail="no handshake in time"
    )


@pytest.mark.parametrize("text", [b"", b"GET / HTTP/1.1\r\n", b"\x16\x03\x01\r\n\r\n"])
def test_16_a_handshake_that_is_none_or_breaks_off_is_noted(cluster, text):
    journal = cluster.journal_from_here()
    peer = RawPeer(cluster.plan, handshake=False)
    peer.socket.sendall(text)
    peer.socket.shutdown(socket.SHUT_WR)
    cluster.await_event(journal, "connection_refused", error="handshake_failed")
    peer.close()


def test_17_a_ping_flood_is_ended(cluster):
    journal = cluster.journal_from_here()
    peer = RawPeer(cluster.plan)
    for _ in range(2000):
        if not peer.frame(PING, b"x"):
            break
    assert peer.close_code() in (None, 1008)
    peer.close()
    cluster.await_event(journal, "connection_refused", error="protocol_violation")


def test_a_stranger_who_says_nothing_is_closed_with_4408(cluster):
    with open_socket(cluster.plan) as socket:
        assert hear(socket)["type"] == "challenge"
        assert hear(socket)["name"] == "auth_timeout"
        assert close_code_of(socket) == 4408


def test_an_error_never_quotes_what_was_sent(online):
    _device, socket = online
    marker = "plugh-4711"
    tell(socket, json.dumps({"type": "send", "body": marker, "conversation": marker}))
    assert marker not in json.dumps(hear_until(socket, "error"))
