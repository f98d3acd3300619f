import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.chat_server.protocol import error_frame
from components.wire import codec, errors
from components.wire.errors import WireError
from components.wire.frames import (
    CLIENT_FRAMES,
    SERVER_FRAMES,
    Ack,
    Auth,
    Challenge,
    Error,
    Message,
    Ping,
    Pong,
    Receipt,
    Send,
    Welcome,
)
from components.wire.identity import signed_bytes
from components.wire.names import MAX_BODY_BYTES, MAX_SEQ, conversation_of, is_user, members_of, peer_in
from components.wire.traceparent import Trace, continued

users = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True)
message_ids = st.from_regex(r"[0-9a-f]{12}", fullmatch=True)
seqs = st.integers(1, MAX_SEQ)
bodies = st.binary(min_size=1, max_size=200)
traceparents = st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", fullmatch=True)
conversations = st.builds(conversation_of, users, users)

receipts = st.builds(
    Receipt, conversations, seqs, st.sampled_from(["delivered", "read"]), traceparents, st.none() | users
)
client_frames = st.one_of(
    st.just(Ping()),
    receipts,
    st.builds(Auth, users, users, bodies),
    st.builds(Send, message_ids, conversations, st.just("plain"), bodies, traceparents, st.none() | users),
)
server_frames = st.one_of(
    st.just(Pong()),
    receipts,
    st.builds(Challenge, st.binary(min_size=32, max_size=32), users),
    st.builds(Welcome, users, users, message_ids, st.floats(0, 100), message_ids),
    st.builds(
        Error, st.integers(1, 99), users, st.booleans(), st.booleans(), st.text(), st.none() | message_ids
    ),
    st.builds(Ack, message_ids, conversations, seqs, seqs, traceparents),
    st.builds(Message, message_ids, conversations, seqs, seqs, users, st.just("plain"), bodies, traceparents),
)


@given(client_frames)
def test_a_client_frame_survives_the_wire(frame):
    assert codec.decode_client(codec.encode(frame)) == frame


@given(server_frames)
def test_a_server_frame_survives_the_wire(frame):
    assert codec.decode_server(codec.encode(frame)) == frame


any_character = st.characters(codec=None, exclude_categories=())  # halves of surrogate pairs as well
any_text = st.text(any_character, max_size=8)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=5,
)
fields = st.sampled_from(
    [name for kind in CLIENT_FRAMES for name in kind.__struct_encode_fields__] + ["type"]
)


def answer_to(text):
    """Read a stranger's text; what cannot be read must at least be answered. Give the frame or the error."""
    try:
        return codec.decode_client(text)
    except WireError as error:
        codec.decode_server(codec.encode(error_frame(error)))
        return error


@given(st.text(any_character))
def test_any_text_is_a_frame_or_an_error_that_can_be_sent(text):
    answer_to(text)


@given(client_frames, st.dictionaries(fields | any_text, any_json, min_size=1, max_size=3))
def test_a_frame_with_any_field_changed_is_a_frame_or_an_error_that_can_be_sent(frame, changed):
    answer_to(json.dumps(json.loads(codec.encode(frame)) | changed))


TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def receipt(**changed):
    fields = {
        "type": "receipt",
        "conversation": "alice:bob",
        "seq": 1,
        "status": "read",
        "traceparent": TRACE,
    }
    return json.dumps(fields | changed)


def sending(**changed):
    fields = {
        "type": "send",
        "client_msg_id": "0" * 12,
        "conversation": "alice:bob",
        "scheme": "plain",
        "body": "SGV5",
        "traceparent": TRACE,
    }
    return json.dumps(fields | changed)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", errors.MALFORMED_FRAME),
        ('{"type":"send","client_msg_id":"', errors.MALFORMED_FRAME),
        ("[1,2]", errors.MALFORMED_FRAME),
        ('"ping"', errors.MALFORMED_FRAME),
        ("null", errors.MALFORMED_FRAME),
        ('{"type":"ping"} {"type":"ping"}', errors.MALFORMED_FRAME),
        ('{"type":"ping","type":"ping"}', errors.MALFORMED_FRAME),
        ('{"type":"send","body":{"a":1,"a":2}}', errors.MALFORMED_FRAME),
        ("[" * 10_000 + "]" * 10_000, errors.MALFORMED_FRAME),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, errors.MALFORMED_FRAME),
        (receipt(seq=float("nan")), errors.MALFORMED_FRAME),
        (receipt(seq=float("inf")), errors.MALFORMED_FRAME),
        ('{"seq":' + "9" * 5000 + "}", errors.MALFORMED_FRAME),
        ('{"type":"ping","\\ud800":1}', errors.MALFORMED_FRAME),
        (receipt(status="\ud800"), errors.MALFORMED_FRAME),
        ("{}", errors.UNKNOWN_TYPE),
        ('{"type":"teleport"}', errors.UNKNOWN_TYPE),
        ('{"type":["ping"]}', errors.UNKNOWN_TYPE),
        ('{"type":{"ping":1}}', errors.UNKNOWN_TYPE),
        ('{"type":"ack"}', errors.UNKNOWN_TYPE),
        ('{"type":"ping","extra":1}', errors.INVALID_FIELD),
        (receipt(seq=2**64), errors.INVALID_FIELD),
        (receipt(seq=MAX_SEQ + 1), errors.INVALID_FIELD),
        (receipt(seq=0), errors.INVALID_FIELD),
        (receipt(seq=1.5), errors.INVALID_FIELD),
        (receipt(seq="1"), errors.INVALID_FIELD),
        (receipt(seq=True), errors.INVALID_FIELD),
        (receipt(conversation="alice"), errors.INVALID_FIELD),
        (receipt(conversation="alice:bob:carol"), errors.INVALID_FIELD),
        (receipt(conversation="alice:bob\n"), errors.INVALID_FIELD),
        (receipt(traceparent=TRACE + "\n"), errors.INVALID_FIELD),
        (sending(client_msg_id="0" * 12 + "\n"), errors.INVALID_FIELD),
        (sending(client_msg_id="\u202e" * 12), errors.INVALID_FIELD),
        (sending(body="?"), errors.INVALID_FIELD),
        (sending(body="AAAA" * (MAX_BODY_BYTES // 3 + 1)), errors.INVALID_FIELD),
    ],
)
def test_what_is_no_frame_is_named(text, kind):
    error = answer_to(text)
    assert isinstance(error, WireError)
    assert error.kind is kind


def test_an_error_names_the_message_only_by_an_id_that_is_one():
    assert answer_to(sending(body="?")).client_msg_id == "0" * 12
    for odd in ("\u202eevil", "\ud800", "x", 7, None, []):
        assert answer_to(sending(client_msg_id=odd)).client_msg_id is None


def test_a_type_names_one_frame_in_each_direction():
    for frames in (CLIENT_FRAMES, SERVER_FRAMES):
        assert len({frame.__struct_config__.tag for frame in frames}) == len(frames)


def test_every_error_has_its_own_name_and_a_close_code_that_is_documented():
    rows = list(errors.REGISTRY.values())
    assert len({row.name for row in rows}) == len(rows)
    assert all(number == row.code for number, row in errors.REGISTRY.items())
    assert {row.close for row in rows if row.close} <= set(errors.CLOSE_CODES)
    assert all(row.explanation for row in rows)


@pytest.mark.parametrize("name", ["", "Alice", "1a", "a" * 33, "a\x00", "a\u202eb", "a:b", "alice\n", "a b"])
def test_a_name_that_could_confuse_a_terminal_or_a_key_is_none(name):
    assert not is_user(name)


@given(users, users)
def test_both_phones_name_the_conversation_alike(one, other):
    assert conversation_of(one, other) == conversation_of(other, one)
    assert peer_in(conversation_of(one, other), one) == other
    assert set(members_of(conversation_of(one, other))) == {one, other}


@given(st.tuples(users, users, users), st.tuples(users, users, users))
def test_no_two_claims_have_the_same_bytes_under_the_signature(one, other):
    nonce = b"n" * 32
    assert (signed_bytes(nonce, *one) == signed_bytes(nonce, *other)) == (one == other)


def test_a_trace_keeps_its_id_and_names_its_cause():
    start = Trace.start()
    onward = continued(start.header)
    assert (onward.trace_id, onward.parent_id) == (start.trace_id, start.span_id)
    assert onward.span_id != start.span_id


@given(traceparents)
def test_a_traceparent_survives_being_read(header):
    assert Trace.parse(header).header == header


@pytest.mark.parametrize("header", ["", "00-1-2", "a-b-c-d-e"])
def test_a_traceparent_has_four_fields(header):
    with pytest.raises(ValueError, match="unpack"):
        Trace.parse(header)


def test_span_ids_can_be_handed_in():
    assert Trace("t", "s").child(lambda: "next") == Trace("t", "next", "s")


def test_a_body_travels_as_base64_so_that_any_bytes_can():
    frame = Send("0" * 12, "alice:bob", "plain", b"\x00\xff", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert json.loads(codec.encode(frame))["body"] == "AP8="
    assert isinstance(msgspec.json.decode(codec.encode(frame)), dict)
