import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.device.database import Database
from components.device.meter import Meter, frame_bytes
from components.device.protocol import (
    APP,
    CONNECTION,
    MESSAGE,
    AppEvent,
    AppState,
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
    assert database.receive([incoming(1)]) == [True]
    assert database.receive([incoming(1)]) == [False]
    assert len(database.messages()) == 1


def test_the_screen_is_in_order_of_seq_whatever_the_order_of_arrival(database):
    for seq in (3, 1, 2):
        database.receive([incoming(seq, f"{seq:012x}")])
    write(database, "a" * 12)
    assert [row.seq for row in database.messages("alice:bob")] == [1, 2, 3, None]


def test_a_refused_message_leaves_the_outbox(database):
    write(database, "0" * 12)
    assert database.refuse("0" * 12).status is Status.FAILED
    assert database.outbox() == []
    assert database.refuse("0" * 12) is None


# Cursors: the contiguous prefix, never the highest number


def test_a_gap_holds_the_cursor_until_it_is_filled(database):
    database.receive([incoming(seq, f"{seq:012x}") for seq in (1, 2, 4)])
    assert database.prefix("alice:bob") == 2
    database.receive([incoming(3, f"{3:012x}")])
    assert database.prefix("alice:bob") == 4
    assert database.cursors(10) == {"alice:bob": 4}


def test_own_messages_count_once_they_are_numbered(database):
    write(database, "0" * 12)
    database.receive([incoming(2)])
    assert database.prefix("alice:bob") == 0
    database.acknowledge(ack("0" * 12, 1))
    assert database.prefix("alice:bob") == 2


def test_an_own_message_that_comes_back_stands_for_its_lost_ack(database):
    write(database, "0" * 12)
    back = Message("0" * 12, "alice:bob", 1, 1, "alice", "plain", b"Hey", TRACE)
    assert database.receive([back]) == [False]
    row = database.message("0" * 12)
    assert (row.status, row.seq) == (Status.SENT, 1)
    assert database.outbox() == []
    assert database.prefix("alice:bob") == 1


def test_a_number_that_was_given_up_counts_as_there(database):
    database.receive([incoming(3)])
    database.close_numbers({"alice:bob": [1, 2]})
    assert database.prefix("alice:bob") == 3


@given(st.permutations(range(1, 9)), st.sets(st.integers(1, 8), max_size=3), st.integers(0, 8))
def test_the_cursor_is_the_contiguous_prefix_whatever_comes_when(
    tmp_path_factory, order, given_up, killed_after
):
    path = tmp_path_factory.mktemp("phone") / "alice.sqlite3"
    database = Database(path, "alice")
    database.close_numbers({"alice:bob": sorted(given_up)})
    there = set(given_up)
    for count, seq in enumerate(each for each in order if each not in given_up):
        if count == killed_after:  # the app is killed, and opened again
            database.close()
            database = Database(path, "alice")
        database.receive([incoming(seq, f"{seq:012x}")])
        there.add(seq)
        prefix = next(number for number in range(10) if number + 1 not in there)
        assert database.prefix("alice:bob") == prefix
    database.close()


def test_reading_marks_what_is_there_without_a_gap(database):
    database.receive([incoming(seq, f"{seq:012x}") for seq in (1, 3)])
    assert database.mark_read("alice:bob") == 1
    assert database.read_up_to("alice:bob") == 1


# The app's life


@given(st.lists(st.sampled_from(AppEvent)))
def test_an_app_that_is_not_installed_can_only_be_installed(events):
    state = APP.initial
    for event in events:
        if not APP.knows(state, event):
            continue
        after = APP.after(state, event)
        if state is AppState.UNINSTALLED:
            assert event is AppEvent.REINSTALL
        if event is AppEvent.PUSH:
            assert after in (AppState.FOREGROUND, AppState.BACKGROUND)
        state = after


def test_traffic_within_the_radio_tail_wakes_nothing():
    meter = Meter(speed=1)
    for now in (0, 1, 5.5, 20, 24):
        meter.sent(10, now)
    assert meter.stats.wake_ups == 2
    assert meter.stats.bytes_sent == 5 * (2 + 4 + 10)


@pytest.mark.parametrize(("payload", "header"), [(125, 2), (126, 4), (65_535, 4), (65_536, 10)])
def test_a_frame_has_the_size_that_the_rfc_gives_it(payload, header):
    assert frame_bytes(payload, masked=False) == header + payload
    assert frame_bytes(payload, masked=True) == header + 4 + payload
