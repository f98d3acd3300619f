import sqlite3
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.message_store.engine import Engine
from components.wire.records import Head, LogRead, Prior, QueueRecord, StoreReceipt, SyncRequest

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
GAP_MS = 60_000


class Clock:
    """A clock that only moves when it is told to, in milliseconds."""

    def __init__(self):
        self.now_ms = 1_000_000

    def __call__(self):
        return self.now_ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def engine(tmp_path, clock):
    opened = Engine(tmp_path / "messages.sqlite3", clock)
    yield opened
    opened.close()


def insert(engine, rows):
    return engine.insert(rows, [TRACE] * len(rows))


def sync(engine, user="bob", limit=100, *, read_ago_ms=0, **cursors):
    """Sync, with a log that was read up to so long ago."""
    if read_ago_ms is not None:
        engine.log_was_read(LogRead({0: read_ago_ms}, 1))
    named = {name.replace("_", ":"): seq for name, seq in cursors.items()}
    return engine.sync(SyncRequest(user, named, limit, GAP_MS))


def row(seq, message_id=None, **fields):
    defaults = {
        "conversation": "alice:bob",
        "epoch": 1,
        "sender": "alice",
        "device": "phone",
        "scheme": "plain",
        "body": b"x",
        "body_hash": "ab",
        "accepted_ms": 0,
        "routes": {},
    }
    return QueueRecord(message_id=message_id or f"{seq:012x}", seq=seq, **(defaults | fields))


def test_the_same_row_twice_is_one_row(engine):
    assert insert(engine, [row(1), row(1)]) == ["stored", "duplicate"]
    assert len(engine.messages("alice:bob", 0, 10)) == 1


def test_a_number_that_is_taken_by_another_message_is_a_conflict_and_keeps_the_first(engine):
    assert insert(engine, [row(1, "a" * 12), row(1, "b" * 12)]) == ["stored", "conflict"]
    assert [each.message_id for each in engine.messages("alice:bob", 0, 10)] == ["a" * 12]


def test_a_message_cannot_have_two_numbers(engine):
    assert insert(engine, [row(1, "a" * 12), row(2, "a" * 12)]) == ["stored", "conflict"]


def test_a_page_is_in_clustering_order_after_a_number(engine):
    insert(engine, [row(seq) for seq in (3, 1, 2, 4)])
    assert [each.seq for each in engine.messages("alice:bob", 1, 2)] == [2, 3]


def test_the_head_is_what_a_lost_counter_is_rebuilt_from(engine):
    assert engine.head("alice:bob") == Head(0, 0)
    insert(engine, [row(1), row(2, epoch=4)])
    assert engine.head("alice:bob", ("alice", "phone", f"{1:012x}")) == Head(2, 4, Prior(1, "ab"))


def test_a_receipt_never_goes_back(engine):
    def raised(seq, status="delivered"):
        return engine.raise_receipt(StoreReceipt("alice:bob", "bob", status, seq))

    assert raised(2).advanced
    assert (raised(1).seq, raised(1).advanced) == (2, False)
    assert raised(3, "read").advanced
    assert not raised(3).advanced  # read implies delivered


# What a phone missed


def test_a_phone_gets_what_follows_its_cursors_in_order_and_conversations_it_does_not_know(engine):
    insert(engine, [row(seq) for seq in (1, 2, 3)])
    insert(engine, [row(1, "c" * 12, sender="carol", conversation="bob:carol")])
    insert(engine, [row(1, "d" * 12, sender="carol", conversation="alice:carol")])
    page = sync(engine, alice_bob=1)
    assert [(each.conversation, each.seq) for each in page.messages] == [
        ("alice:bob", 2),
        ("alice:bob", 3),
        ("bob:carol", 1),
    ]
    assert page.upto == {"alice:bob": 3, "bob:carol": 1}
    assert not page.more
    assert {each.traceparent for each in page.messages} == {TRACE}


@given(st.integers(1, 40), st.integers(1, 15))
def test_pages_add_up_to_everything_once_and_in_order(tmp_path_factory, count, limit):
    engine = Engine(tmp_path_factory.mktemp("store") / "messages.sqlite3")
    insert(engine, [row(seq) for seq in range(1, count + 1)])
    got, cursor, more = [], 0, True
    while more:
        page = sync(engine, limit=limit, alice_bob=cursor)
        got += [each.seq for each in page.messages]
        cursor, more = got[-1], page.more
        assert len(page.messages) <= limit
    assert got == list(range(1, count + 1))
    engine.close()


def test_a_page_is_bounded_in_bytes_too(engine):
    insert(engine, [row(seq, body=b"x" * 30_000) for seq in range(1, 31)])
    page = sync(engine)
    assert page.more
    assert len(page.messages) < 15


def test_nobody_gets_a_conversation_of_others(engine):
    insert(engine, [row(1)])
    page = sync(engine, user="carol", alice_bob=0)
    assert (page.messages, page.upto) == ([], {})


def test_a_cursor_beyond_the_end_or_at_it_gets_nothing(engine):
    insert(engine, [row(1)])
    for cursor in (1, 2, 2**53 - 1):
        assert sync(engine, alice_bob=cursor).messages == []


def test_marks_of_all_members_come_along_so_that_lost_receipts_are_noticed(engine):
    insert(engine, [row(1)])
    engine.raise_receipt(StoreReceipt("alice:bob", "bob", "delivered", 1))
    assert sync(engine, user="alice").receipts == [StoreReceipt("alice:bob", "bob", "delivered", 1)]
    assert sync(engine, user="bob").receipts == [StoreReceipt("alice:bob", "bob", "delivered", 1)]


def test_a_young_gap_is_waited_for_and_an_old_one_is_closed_for_good(engine, clock):
    insert(engine, [row(1), row(3)])
    assert sync(engine).closed == {}
    clock.now_ms += GAP_MS - 1
    assert sync(engine).closed == {}
    clock.now_ms += 1
    assert sync(engine).closed == {"alice:bob": [2]}
    assert insert(engine, [row(2)]) == ["closed"]
    assert not engine.await_number("alice:bob", 2)
    assert engine.await_number("alice:bob", 3)
    assert sync(engine, alice_bob=1).closed == {"alice:bob": [2]}


def test_a_number_that_may_still_be_on_the_log_is_not_given_up(engine, clock):
    insert(engine, [row(1), row(3)])
    clock.now_ms += 10 * GAP_MS
    assert sync(engine, read_ago_ms=None).closed == {}  # no worker ever said how far it is
    engine.log_was_read(LogRead({0: 0}, 2))
    assert sync(engine, read_ago_ms=None).closed == {}  # and now one of two partitions is still unread
    engine.log_was_read(LogRead({1: 9 * GAP_MS + 1}, 2))
    assert sync(engine, read_ago_ms=None).closed == {}  # read, but not as far as the bound
    engine.log_was_read(LogRead({1: 9 * GAP_MS}, 2))
    assert sync(engine, read_ago_ms=None).closed == {"alice:bob": [2]}


def test_a_report_that_is_older_than_another_takes_nothing_back(engine, clock):
    insert(engine, [row(1), row(3)])
    clock.now_ms += GAP_MS
    engine.log_was_read(LogRead({0: 0}, 1))
    engine.log_was_read(LogRead({0: GAP_MS}, 1))
    assert sync(engine, read_ago_ms=None).closed == {"alice:bob": [2]}


def test_a_number_whose_message_comes_again_is_kept_open_for_one_more_bound(engine, clock):
    insert(engine, [row(1), row(3)])
    clock.now_ms += GAP_MS
    assert engine.await_number("alice:bob", 2)
    clock.now_ms += GAP_MS - 1
    assert sync(engine).closed == {}
    clock.now_ms += 1
    assert sync(engine).closed == {"alice:bob": [2]}


def test_a_gap_that_is_filled_in_time_stays_open(engine, clock):
    insert(engine, [row(1), row(3)])
    clock.now_ms += GAP_MS - 1
    assert insert(engine, [row(2)]) == ["stored"]
    clock.now_ms += GAP_MS
    assert sync(engine).closed == {}


def test_only_what_lies_before_an_old_row_is_closed(engine, clock):
    insert(engine, [row(1), row(3)])
    clock.now_ms += GAP_MS
    insert(engine, [row(5)])
    assert sync(engine).closed == {"alice:bob": [2]}


def test_a_file_of_an_earlier_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "old.sqlite3"
    old = sqlite3.connect(path)
    old.executescript(
        """CREATE TABLE messages (conversation TEXT NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL,
        message_id TEXT NOT NULL, sender TEXT NOT NULL, device TEXT NOT NULL, scheme TEXT NOT NULL,
        body BLOB NOT NULL, body_hash TEXT NOT NULL, accepted_ms INTEGER NOT NULL,
        PRIMARY KEY (conversation, seq)) WITHOUT ROWID;
        INSERT INTO messages VALUES ('alice:bob', 1, 1, 'aaaaaaaaaaaa', 'alice', 'phone', 'plain', 'x', 'ab', 0);"""
    )
    old.close()
    engine = Engine(path)
    assert [each.seq for each in sync(engine).messages] == [1]
    assert insert(engine, [row(2)]) == ["stored"]
    engine.close()


# The store's own clock


@pytest.mark.parametrize("jump_s", [3600, -3600, -86_400])
def test_49_a_wall_clock_that_is_set_closes_no_number_that_may_still_come(tmp_path, monkeypatch, jump_s):
    real = time.time_ns
    store = Engine(tmp_path / "own.sqlite3")
    insert(store, [row(1), row(3)])
    monkeypatch.setattr(time, "time_ns", lambda: real() + jump_s * 10**9)
    store.log_was_read(LogRead({0: 0}, 1))
    page = store.sync(SyncRequest("bob", {}, 100, 60_000))
    assert page.closed == {}
    insert(store, [row(2)])
    assert [each.seq for each in store.messages("alice:bob", 0, 10)] == [1, 2, 3]
    store.close()


def test_a_night_without_a_store_does_not_count_as_time_in_which_a_number_was_missing(tmp_path):
    path = tmp_path / "own.sqlite3"
    evening = Engine(path, lambda: 1_000)
    insert(evening, [row(1), row(3)])
    evening.close()
    morning = Engine(path)
    morning.log_was_read(LogRead({0: 0}, 1))
    assert morning.sync(SyncRequest("bob", {}, 100, 60_000)).closed == {}
    morning.close()


def test_the_stores_own_clock_closes_a_number_in_the_end(tmp_path):
    store = Engine(tmp_path / "own.sqlite3")
    insert(store, [row(1), row(3)])
    store.log_was_read(LogRead({0: 0}, 1))
    assert store.sync(SyncRequest("bob", {}, 100, 0)).closed == {"alice:bob": [2]}
    store.close()
