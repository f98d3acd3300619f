import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.wire import codec, errors
from components.wire.errors import WireError
from components.wire.frames import Ack, Message, Ping, Receipt, Send
from components.wire.names import MAX_SEQ, conversation_of, is_user, peer_in
from components.wire.traceparent import Trace, continued

users = st.from_regex(r"[a-z][a-z0-9_-]{0,31}", fullmatch=True)
message_ids = st.from_regex(r"[0-9a-f]{12}", fullmatch=True)
seqs = st.integers(1, MAX_SEQ)
bodies = st.binary(min_size=1, max_size=200)
traceparents = st.from_regex(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", fullmatch=True)
conversations = st.builds(conversation_of, users, users)

client_frames = st.one_of(
    st.just(Ping()),
    st.builds(Send, message_ids, conversations, st.just("plain"), bodies, traceparents, st.none() | users),
    st.builds(Receipt, conversations, seqs, st.sampled_from(["delivered", "read"]), traceparents),
)
server_frames = st.one_of(
    st.builds(Ack, message_ids, conversations, seqs, seqs, traceparents),
    st.builds(Message, message_ids, conversations, seqs, seqs, users, st.just("plain"), bodies, traceparents),
)


@given(client_frames)
def test_a_client_frame_survives_the_wire(frame):
    assert codec.decode_client(codec.encode(frame)) == frame


@given(server_frames)
def test_a_server_frame_survives_the_wire(frame):
    assert codec.decode_server(codec.encode(frame)) == frame


@given(st.text())
def test_any_text_is_a_frame_or_a_wire_error(text):
    with suppress(WireError):
        codec.decode_client(text)


@given(
    client_frames,
    st.dictionaries(
        st.text(max_size=10), st.none() | st.integers() | st.text(max_size=5), min_size=1, max_size=3
    ),
)
def test_a_frame_with_foreign_fields_is_a_frame_or_a_wire_error(frame, extra):
    raw = json.loads(codec.encode(frame)) | extra
    with suppress(WireError):
        codec.decode_client(json.dumps(raw))


def test_every_error_has_its_own_name_and_a_close_code_that_is_documented():
    rows = list(errors.REGISTRY.values())
    assert len({row.name for row in rows}) == len(rows)
    assert {row.close for row in rows if row.close} <= set(errors.CLOSE_CODES)
    assert all(row.explanation for row in rows)


@pytest.mark.parametrize("name", ["", "Alice", "1a", "a" * 33, "a\x00", "a\u202eb", "a:b", "alice\n", "a b"])
def test_a_name_that_could_confuse_a_terminal_or_a_key_is_none(name):
    assert not is_user(name)


@given(users, users)
def test_both_phones_name_the_conversation_alike(one, other):
    assert conversation_of(one, other) == conversation_of(other, one)
    assert peer_in(conversation_of(one, other), one) == other


def test_a_trace_keeps_its_id_and_names_its_cause():
    start = Trace.start()
    onward = continued(start.header)
    assert (onward.trace_id, onward.parent_id) == (start.trace_id, start.span_id)
    assert onward.span_id != start.span_id


def test_a_body_travels_as_base64_so_that_any_bytes_can():
    frame = Send("0" * 12, "alice:bob", "plain", b"\x00\xff", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert json.loads(codec.encode(frame))["body"] == "AP8="
    assert isinstance(msgspec.json.decode(codec.encode(frame)), dict)
