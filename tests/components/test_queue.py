import msgspec
import pytest

from components.queue import protocol
from components.wire.records import QueueRecord, Route
from components.wire.traceparent import Trace

RECORD = QueueRecord(
    message_id="0" * 12,
    conversation="alice:bob",
    seq=1,
    epoch=1,
    sender="alice",
    device="phone",
    scheme="plain",
    body=b"\x00\xff",
    body_hash="ab",
    accepted_ms=0,
    routes={"bob": Route("chat-3", "c3", "phone"), "carol": None},
)


def read(value, headers=None):
    return protocol.decode("messages", 2, 7, value, headers or {})


def changed(**fields):
    return msgspec.json.encode(msgspec.to_builtins(RECORD) | fields)


def test_a_record_survives_the_log_and_knows_where_it_lay():
    consumed = read(protocol.encode(RECORD))
    assert consumed.record == RECORD
    assert (consumed.topic, consumed.partition, consumed.offset, consumed.reason) == ("messages", 2, 7, "")


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        changed(seq=0),
        changed(seq="1"),
        changed(message_id="x"),
        changed(body=1),
    ],
)
def test_a_broken_record_is_told_apart_and_never_raised(value):
    consumed = read(value)
    assert consumed.record is None
    assert consumed.reason
    assert consumed.offset == 7


def test_the_trace_goes_on_in_the_worker():
    start = Trace.start()
    trace = read(protocol.encode(RECORD), {"traceparent": start.header.encode()}).trace
    assert (trace.trace_id, trace.parent_id) == (start.trace_id, start.span_id)


@pytest.mark.parametrize("header", [b"", b"nonsense", b"\xff\xff"])
def test_a_record_without_a_readable_trace_is_read_all_the_same(header):
    consumed = read(protocol.encode(RECORD), {"traceparent": header})
    assert (consumed.trace, consumed.record) == (None, RECORD)
