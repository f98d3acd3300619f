import pytest

from components.message_store.engine import Engine
from components.wire.records import Head, Prior, QueueRecord, StoreReceipt


@pytest.fixture
def engine(tmp_path):
    opened = Engine(tmp_path / "messages.sqlite3")
    yield opened
    opened.close()


def row(seq, message_id=None, epoch=1, sender="alice"):
    return QueueRecord(
        message_id=message_id or f"{seq:012x}",
        conversation="alice:bob",
        seq=seq,
        epoch=epoch,
        sender=sender,
        device="phone",
        scheme="plain",
        body=b"x",
        body_hash="ab",
        accepted_ms=0,
        routes={},
    )


def test_the_same_row_twice_is_one_row(engine):
    assert engine.insert([row(1), row(1)]) == ["stored", "duplicate"]
    assert len(engine.messages("alice:bob", 0, 10)) == 1


def test_a_number_that_is_taken_by_another_message_is_a_conflict_and_keeps_the_first(engine):
    assert engine.insert([row(1, "a" * 12), row(1, "b" * 12)]) == ["stored", "conflict"]
    assert [each.message_id for each in engine.messages("alice:bob", 0, 10)] == ["a" * 12]


def test_a_message_cannot_have_two_numbers(engine):
    assert engine.insert([row(1, "a" * 12), row(2, "a" * 12)]) == ["stored", "conflict"]


def test_a_page_is_in_clustering_order_after_a_number(engine):
    engine.insert([row(seq) for seq in (3, 1, 2, 4)])
    assert [each.seq for each in engine.messages("alice:bob", 1, 2)] == [2, 3]


def test_the_head_is_what_a_lost_counter_is_rebuilt_from(engine):
    assert engine.head("alice:bob") == Head(0, 0)
    engine.insert([row(1), row(2, epoch=4)])
    assert engine.head("alice:bob", ("alice", "phone", f"{1:012x}")) == Head(2, 4, Prior(1, "ab"))


def test_a_receipt_never_goes_back(engine):
    def raised(seq, status="delivered"):
        return engine.raise_receipt(StoreReceipt("alice:bob", "bob", status, seq))

    assert raised(2).advanced
    assert (raised(1).seq, raised(1).advanced) == (2, False)
    assert raised(3, "read").advanced
    assert not raised(3).advanced  # read implies delivered
