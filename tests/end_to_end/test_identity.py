"""Who may say what. Numbers are those of the list of bad inputs."""

import base64
import json
import socket
import urllib.request

import pytest
import redis
from nacl.signing import SigningKey
from peers import TRACEPARENT, Device, hear, hear_until, open_socket, tell
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.usefixtures("others_go_on")


def refused(line):
    """Give the error's name and the close code that follows."""
    error = hear_until(line, "error")
    with pytest.raises(ConnectionClosed) as closed:
        line.recv(timeout=10)
    return error["name"], closed.value.rcvd.code


def where(cluster, user):
    """Ask the ring's neighbour, the connection map, as `where` does."""
    with redis.Redis.from_url(cluster.plan.one("redis").endpoint) as client:
        value = client.get(f"route_{{{user}}}")
    return value.decode().split(" ") if value else None


def test_18_no_signature_is_refused(cluster):
    device = cluster.device()
    with open_socket(cluster.plan) as line:
        hear(line)
        tell(line, {"type": "auth", "user": device.user, "device": "phone"})
        assert refused(line) == ("not_authenticated", 4401)


def test_18_a_proof_for_another_connections_challenge_is_refused(cluster):
    """A captured proof is a token that has expired, or is not valid yet: each challenge is good for one connection."""
    device = cluster.device()
    journal = cluster.journal_from_here()
    with open_socket(cluster.plan) as first, open_socket(cluster.plan) as second:
        proof = device.proof(hear(first))
        hear(second)
        tell(second, proof)
        assert refused(second) == ("bad_signature", 4401)
    cluster.await_event(journal, "connection_refused", error="bad_signature")


def test_18_a_proof_made_for_another_server_is_refused(cluster):
    device = cluster.device()
    with open_socket(cluster.plan) as line:
        challenge = hear(line) | {"server": "chat-2"}
        tell(line, device.proof(challenge))
        assert refused(line) == ("bad_signature", 4401)


def test_19_another_keys_signature_is_refused(cluster):
    device = cluster.device()
    device.key = SigningKey.generate()
    with open_socket(cluster.plan) as line:
        tell(line, device.proof(hear(line)))
        assert refused(line) == ("bad_signature", 4401)


def test_19_a_name_cannot_be_bound_to_a_second_key(cluster):
    device = cluster.device()
    with pytest.raises(urllib.request.HTTPError) as answer:
        Device(cluster.plan, device.user)
    assert answer.value.code == 409
    answer.value.close()


def test_an_unknown_device_is_refused(cluster):
    device = cluster.device()
    with open_socket(cluster.plan) as line:
        tell(line, device.proof(hear(line), user="nobody-at-all"))
        assert refused(line) == ("unknown_device", 4401)


def test_20_a_from_that_is_not_the_sessions_is_refused(cluster):
    device, peer = cluster.device(), cluster.device()
    journal = cluster.journal_from_here()
    with device.login() as (line, _welcome):
        frame = device.send(line, peer.user, **{"from": peer.user})
        error = hear_until(line, "error")
        assert (error["name"], error["client_msg_id"]) == ("forged_sender", frame["client_msg_id"])
    cluster.await_event(journal, "frame_rejected", user=device.user, error="forged_sender")


def test_21_posting_to_a_conversation_of_others_is_refused(cluster):
    device, one, other = cluster.device(), cluster.device(), cluster.device()
    with device.login() as (line, _welcome):
        device.send(line, one.user, conversation=":".join(sorted((one.user, other.user))))
        assert hear_until(line, "error")["name"] == "not_a_member"


def test_22_a_receipt_in_a_conversation_of_others_is_refused(cluster):
    device, one, other = cluster.device(), cluster.device(), cluster.device()
    with device.login() as (line, _welcome):
        conversation = ":".join(sorted((one.user, other.user)))
        tell(
            line,
            {
                "type": "receipt",
                "conversation": conversation,
                "seq": 1,
                "status": "delivered",
                "traceparent": TRACEPARENT,
            },
        )
        assert hear_until(line, "error")["name"] == "not_a_member"


def test_23_a_receipt_beyond_the_highest_number_is_refused_and_raises_no_mark(cluster):
    device, peer = cluster.device(), cluster.device()
    receipt = {"type": "receipt", "status": "delivered", "traceparent": TRACEPARENT}
    with device.login() as (line, _), peer.login() as (other, _):
        journal = cluster.journal_from_here()
        device.send(line, peer.user)
        message = hear_until(other, "message")
        receipt["conversation"] = message["conversation"]
        tell(other, receipt | {"seq": message["seq"] + 1})
        assert hear_until(other, "error")["name"] == "beyond_max_seq"
        cluster.await_event(journal, "frame_rejected", user=peer.user, error="beyond_max_seq")
        tell(other, receipt | {"seq": message["seq"]})
        passed_on = hear_until(line, "receipt")
        assert (passed_on["user"], passed_on["seq"]) == (peer.user, message["seq"])


@pytest.mark.parametrize("second_server", ["chat-1", "chat-2"])
def test_24_a_second_login_closes_the_older_connection_with_4409(cluster, second_server):
    device = cluster.device()
    journal = cluster.journal_from_here()
    with device.login("chat-1") as (older, _), device.login(second_server) as (newer, welcome):
        with pytest.raises(ConnectionClosed) as closed:
            older.recv(timeout=10)
        assert closed.value.rcvd.code == 4409
        # The older connection's end leaves the newer one's route alone.
        cluster.await_event(journal, "route_removed", user=device.user, removed=False)
        assert where(cluster, device.user)[:2] == [second_server, welcome["connection"]]
        tell(newer, {"type": "ping"})
        assert hear_until(newer, "pong")


def test_25_a_login_that_races_a_close_leaves_the_route_of_the_newer_connection(cluster):
    device = cluster.device()
    for _ in range(10):
        with device.login("chat-1") as (older, _):
            journal = cluster.journal_from_here()
            # No closing handshake: the server notices while the next login is under way.
            older.socket.shutdown(socket.SHUT_RDWR)
            with device.login("chat-2") as (_newer, welcome):
                cluster.await_event(journal, "route_removed", user=device.user)
                assert where(cluster, device.user)[:2] == ["chat-2", welcome["connection"]]


def test_27_a_message_before_authentication_is_refused(cluster):
    device = cluster.device()
    journal = cluster.journal_from_here()
    with open_socket(cluster.plan) as line:
        hear(line)
        device.send(line, "alice")
        assert refused(line) == ("not_authenticated", 4401)
    cluster.await_event(journal, "connection_refused", error="not_authenticated")


def test_28_an_empty_body_is_refused(cluster):
    device, peer = cluster.device(), cluster.device()
    with device.login() as (line, _welcome):
        device.send(line, peer.user, body=b"")
        assert hear_until(line, "error")["name"] == "empty_body"


def test_29_the_same_id_gets_the_same_seq_and_with_another_body_an_error(cluster):
    device, peer = cluster.device(), cluster.device()
    with device.login() as (line, _welcome):
        frame = device.send(line, peer.user, b"one")
        first = hear_until(line, "ack")
        tell(line, json.dumps(frame))
        assert hear_until(line, "ack")["seq"] == first["seq"]
        tell(line, frame | {"body": base64.b64encode(b"other").decode()})
        assert hear_until(line, "error")["name"] == "body_changed"
        device.send(line, peer.user, b"two")
        assert hear_until(line, "ack")["seq"] == first["seq"] + 1


def test_a_message_to_a_user_whom_nobody_knows_is_refused(cluster):
    device = cluster.device()
    with device.login() as (line, _welcome):
        device.send(line, "nobody-at-all")
        assert hear_until(line, "error")["name"] == "unknown_user"


def test_the_private_network_wants_the_runs_secret(cluster):
    for component in ("chat-1", "store", "directory", "phones"):
        with pytest.raises(urllib.request.HTTPError) as answer:
            urllib.request.urlopen(f"{cluster.plan.component(component).private}/health", timeout=5)
        assert answer.value.code == 401
        answer.value.close()
