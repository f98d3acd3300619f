import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.device.database import Database
from components.device.protocol import (
    CONNECTION,
    MESSAGE,
    Link,
    LinkEvent,
    MessageEvent,
    Status,
    backoff_bound,
    backoff_delay,
)
from components.machine import IllegalEventError
from components.wire.frames import Ack, Message, Receipt

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
ORDER = [Status.PENDING, Status.SENT, Status.DELIVERED, Status.READ]


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "alice.sqlite3", "alice")
    yield opened
    opened.close()


def ack(message_id, seq):
    return Ack(message_id, "alice:bob", seq, 1, TRACE)


def incoming(seq, message_id="f" * 12, body=b"hi"):
    return Message(message_id, "alice:bob", seq, 1, "bob", "plain", body, TRACE)


def write(database, message_id):
    return database.write("bob", message_id, b"Hey", TRACE)


@given(st.lists(st.sampled_from(MessageEvent)))
def test_a_status_never_goes_back(events):
    status = MESSAGE.initial
    for event in events:
        if not MESSAGE.knows(status, event):
            continue
        after = MESSAGE.after(status, event)
        if after is not Status.FAILED:
            assert ORDER.index(after) >= ORDER.index(status)
        status = after


def test_what_was_refused_is_never_sent():
    with pytest.raises(IllegalEventError):
        MESSAGE.after(Status.FAILED, MessageEvent.ACK)


def test_a_replaced_login_stays_offline_and_a_lost_one_comes_back():
    assert CONNECTION.after(Link.ONLINE, LinkEvent.REPLACED) is Link.OFFLINE
    assert CONNECTION.after(Link.ONLINE, LinkEvent.LOST) is Link.BACKOFF
    assert CONNECTION.after(Link.BACKOFF, LinkEvent.TIMER) is Link.CONNECTING


def test_the_backoff_bound_doubles_up_to_a_minute():
    assert [backoff_bound(attempt) for attempt in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(0, 10_000), st.floats(0.1, 100), st.floats(0, 1))
def test_a_delay_is_within_its_bound_and_speed_divides_it(attempt, speed, chance):
    delay = backoff_delay(attempt, speed, lambda low, high: low + chance * (high - low))
    assert 0 <= delay <= 60 / speed


def test_a_written_message_is_pending_and_survives_the_app(tmp_path):
    database = Database(tmp_path / "alice.sqlite3", "alice")
    write(database, "0" * 12)  # and the app is killed: nothing is closed
    again = Database(tmp_path / "alice.sqlite3", "alice")
    assert [row.message_id for row in again.outbox()] == ["0" * 12]
    again.close()
    database.close()


def test_the_outbox_is_what_is_pending_oldest_first(database):
    for number in range(3):
        write(database, f"{number:012x}")
    database.acknowledge(ack(f"{0:012x}", 1))
    assert [row.message_id for row in database.outbox()] == [f"{1:012x}", f"{2:012x}"]
    assert [row.message_id for row in database.unconfirmed()] == [f"{0:012x}"]


def test_an_ack_for_a_message_of_nobody_changes_nothing(database):
    assert database.acknowledge(ack("9" * 12, 1)) is None


def test_a_receipt_that_overtakes_the_ack_counts_once_the_ack_is_there(database):
    write(database, "0" * 12)
    database.take_receipt(Receipt("alice:bob", 1, "delivered", TRACE, "bob"))
    assert database.apply_receipts("alice:bob") == []
    database.acknowledge(ack("0" * 12, 1))
    assert [row.status for row, _by in database.apply_receipts("alice:bob")] == [Status.DELIVERED]


def test_a_receipt_is_a_high_water_mark_and_an_older_one_changes_nothing(database):
    for number in range(1, 4):
        write(database, f"{number:012x}")
        database.acknowledge(ack(f"{number:012x}", number))
    database.take_receipt(Receipt("alice:bob", 2, "delivered", TRACE, "bob"))
    assert len(database.apply_receipts("alice:bob")) == 2
    database.take_receipt(Receipt("alice:bob", 1, "delivered", TRACE, "bob"))
    assert database.apply_receipts("alice:bob") == []
    assert database.message(f"{3:012x}").status is Status.SENT


def test_a_copy_is_received_once(database):
    assert database.receive(incoming(1))
    assert not database.receive(incoming(1))
    assert len(database.messages()) == 1


def test_the_screen_is_in_order_of_seq_whatever_the_order_of_arrival(database):
    for seq in (3, 1, 2):
        database.receive(incoming(seq, f"{seq:012x}"))
    write(database, "a" * 12)
    assert [row.seq for row in database.messages("alice:bob")] == [1, 2, 3, None]


def test_a_refused_message_leaves_the_outbox(database):
    write(database, "0" * 12)
    assert database.refuse("0" * 12).status is Status.FAILED
    assert database.outbox() == []
    assert database.refuse("0" * 12) is None
