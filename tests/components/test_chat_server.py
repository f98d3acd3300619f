import pytest

from components.chat_server.protocol import Accept, Reply, Session, State, TakeReceipt, Verify
from components.machine import IllegalEventError
from components.wire import codec, errors
from components.wire.errors import WireError
from components.wire.frames import Auth, Challenge, Ping, Pong, Receipt, Send

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
PROOF = Auth("alice", "phone", b"signature")


def text(frame):
    return codec.encode(frame)


def send(conversation="alice:bob", body=b"Hey", sender=None):
    return text(Send("0" * 12, conversation, "plain", body, TRACE, sender))


@pytest.fixture
def fresh():
    session = Session("chat-1", b"n" * 32)
    session.start()
    return session


@pytest.fixture
def online(fresh):
    fresh.receive(text(PROOF))
    fresh.verified(PROOF)
    return fresh


def refused(session, message):
    with pytest.raises(WireError) as caught:
        session.receive(message)
    return caught.value


def test_it_begins_with_a_challenge():
    assert Session("chat-1", b"n" * 32).start() == [Reply(Challenge(b"n" * 32, "chat-1"))]


@pytest.mark.parametrize("message", [text(Ping()), send(), "no json", '{"type":"teleport"}'])
def test_nothing_but_auth_is_listened_to_first(fresh, message):
    assert refused(fresh, message).kind is errors.NOT_AUTHENTICATED
    assert fresh.state is State.CLOSED


def test_a_proof_is_verified_before_anything_is_believed(fresh):
    assert fresh.receive(text(PROOF)) == [Verify(PROOF)]
    assert fresh.user is None
    fresh.verified(PROOF)
    assert (fresh.user, fresh.device, fresh.state) == ("alice", "phone", State.OPEN)


def test_a_refused_proof_closes(fresh):
    fresh.receive(text(PROOF))
    assert fresh.refused(errors.BAD_SIGNATURE).kind is errors.BAD_SIGNATURE
    with pytest.raises(IllegalEventError):
        fresh.verified(PROOF)


def test_a_heartbeat_is_answered(online):
    assert online.receive(text(Ping())) == [Reply(Pong())]


def test_a_send_goes_to_the_other_member(online):
    (action,) = online.receive(send())
    assert isinstance(action, Accept)
    assert action.recipients == ["bob"]


def test_a_receipt_speaks_for_its_own_connection_whatever_it_says(online):
    (action,) = online.receive(text(Receipt("alice:bob", 3, "delivered", TRACE, "bob")))
    assert action == TakeReceipt(Receipt("alice:bob", 3, "delivered", TRACE, "alice"), ["bob"])


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (send(sender="bob"), errors.FORGED_SENDER),
        (send(body=b""), errors.EMPTY_BODY),
        (send("bob:carol"), errors.NOT_A_MEMBER),
        (send("bob:alice"), errors.INVALID_FIELD),
        (send("alice:alice"), errors.INVALID_FIELD),
        (text(Receipt("bob:carol", 1, "delivered", TRACE)), errors.NOT_A_MEMBER),
        (text(PROOF), errors.ALREADY_AUTHENTICATED),
    ],
)
def test_what_is_refused_leaves_the_connection_open(online, message, kind):
    assert refused(online, message).kind is kind
    assert online.state is State.OPEN
