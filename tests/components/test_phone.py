"""What the app does with what comes in, on a phone between fakes."""

import pytest
from phone_world import CONVERSATION, World

from components.device.protocol import Status


@pytest.fixture
def world():
    made = World()
    for user in ("alice", "bob"):
        made.connect(user)
    made.become_quiet()
    yield made
    made.close()


def statuses(world, user):
    return [row.status for row in world.databases[user].messages() if row.sender == user]


def test_a_message_whose_ack_was_lost_gets_the_tick_that_came_with_it(world):
    """The page has receipts behind its messages, and the messages are taken at the page's end."""
    world.write_message("alice")
    world.server_reads("alice")
    world.hang_up("alice")
    world.work(0)
    world.phone_reads("bob", world.line("bob").pushed)
    world.server_reads("bob")
    assert statuses(world, "alice") == [Status.PENDING]
    world.become_quiet()
    assert statuses(world, "alice") == [Status.DELIVERED]


def test_a_phone_restored_from_a_backup_gets_the_ticks_of_what_it_had_sent(world):
    world.back_up("alice")
    world.write_message("alice")
    world.become_quiet()
    world.restore("alice")
    world.become_quiet()
    assert statuses(world, "alice") == [Status.DELIVERED]


def test_a_receipt_never_covers_an_own_message_that_the_store_may_not_have_yet(world):
    world.write_message("alice")
    world.server_reads("alice")
    world.write_message("bob")
    world.server_reads("bob")
    world.phone_reads("bob", world.line("bob").down)  # the ACK: number 2 is on the log
    world.work(1)  # and only number 1 is in the store
    world.phone_reads("bob", world.line("bob").pushed)
    assert world.databases["bob"].prefix(CONVERSATION) == 2
    world.server_reads("bob")
    world.become_quiet()
    assert statuses(world, "alice") == [Status.DELIVERED]


def test_a_reading_mark_never_covers_an_own_message_that_the_store_may_not_have_yet(world):
    world.write_message("alice")
    world.become_quiet()
    world.write_message("bob")
    world.server_reads("bob")
    world.phone_reads("bob", world.line("bob").down)
    world.read_conversation("bob")
    world.server_reads("bob")
    world.become_quiet()
    assert statuses(world, "alice") == [Status.READ]


def test_a_receipt_that_the_store_could_not_keep_is_said_again_over_the_same_connection(world):
    world.write_message("alice")
    world.server_reads("alice")
    world.work(0)
    world.phone_reads("bob", world.line("bob").pushed)
    number = world.line("bob").number
    world.server_reads("bob", "store away")
    world.become_quiet()
    assert statuses(world, "alice") == [Status.DELIVERED]
    assert world.line("bob").number == number


def test_a_gap_that_an_own_ack_fills_lets_the_receipt_go(world):
    """Number 1 is taken by a server that dies; number 2 arrives; the repetition of 1 is acknowledged."""
    world.write_message("alice")
    world.server_reads("alice", "after number")
    world.write_message("bob")
    world.server_reads("bob")
    world.work(0)
    world.connect("alice")
    world.become_quiet()
    assert world.databases["alice"].prefix(CONVERSATION) == 2
    assert statuses(world, "bob") == [Status.DELIVERED]


def test_a_gap_with_more_than_a_page_behind_it_keeps_no_phone_from_filling_it(world):
    """The page behind the gap comes again as long as the gap is there; what would fill it waits for the sync's end."""
    world.write_message("bob")
    world.server_reads("bob", "after number")
    for _ in range(5):  # a page in this world has 3
        world.write_message("alice")
        world.server_reads("alice")
        world.phone_reads("alice", world.line("alice").down)
    world.work(0)
    began = world.loop.now
    world.connect("bob")
    world.become_quiet()
    assert world.loop.now - began < 200
    for user in ("alice", "bob"):
        assert [row.seq for row in world.databases[user].messages()] == [1, 2, 3, 4, 5, 6]
    assert statuses(world, "alice") == [Status.DELIVERED] * 5
    assert statuses(world, "bob") == [Status.DELIVERED]


def test_a_second_gap_is_asked_for_although_the_first_was_filled_by_itself(world):
    for _ in range(5):
        world.write_message("alice")
        world.server_reads("alice")
        world.phone_reads("alice", world.line("alice").down)
    world.work(0)
    pushed = world.line("bob").pushed
    one, two, three, _lost, five = pushed
    pushed[:] = [one, three, five, two]
    world.become_quiet()
    assert [row.seq for row in world.databases["bob"].messages()] == [1, 2, 3, 4, 5]
    assert statuses(world, "alice") == [Status.DELIVERED] * 5
