"""What a phone sends again when the log that it was promised is gone."""

import pytest

from components.device.database import Database
from components.device.lost_log import LostLog
from components.wire.frames import Ack, Receipt

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
ONE, TWO = "1" * 12, "2" * 12


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "alice.sqlite3", "alice")
    LostLog(opened).welcomed("log-1")
    for seq, message_id in enumerate((ONE, TWO), start=1):
        opened.write("bob", message_id, b"Hey", TRACE)
        opened.acknowledge(Ack(message_id, "alice:bob", seq, 1, TRACE))
    yield opened
    opened.close()


def due(lost_log):
    return [row.message_id for row in lost_log.due()]


def test_nothing_is_due_as_long_as_the_log_is_the_same(database):
    lost_log = LostLog(database)
    lost_log.welcomed("log-1")
    assert due(lost_log) == []


def test_a_new_log_makes_what_is_unconfirmed_due_until_each_is_acknowledged(database):
    lost_log = LostLog(database)
    lost_log.welcomed("log-2")
    assert due(lost_log) == [ONE, TWO]
    lost_log.settled(ONE)
    lost_log.welcomed("log-2")  # the connection was lost in between
    assert due(lost_log) == [TWO]
    lost_log.settled(TWO)
    again = LostLog(database)
    again.welcomed("log-2")
    assert due(again) == []


def test_a_phone_killed_before_all_were_acknowledged_begins_again(database):
    lost_log = LostLog(database)
    lost_log.welcomed("log-2")
    lost_log.settled(ONE)
    again = LostLog(database)
    again.welcomed("log-2")
    assert due(again) == [ONE, TWO]


def test_a_receipt_settles_what_it_covers(database):
    lost_log = LostLog(database)
    lost_log.welcomed("log-2")
    database.take_receipt(Receipt("alice:bob", 1, "delivered", TRACE, "bob"))
    database.apply_receipts("alice:bob")
    assert due(lost_log) == [TWO]
