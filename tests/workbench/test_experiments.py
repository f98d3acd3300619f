from hypothesis import given
from hypothesis import strategies as st

from workbench.experiments.orders import Arrival, SortedBuffer, explanation, is_right, ordered

MESSAGES = 5


def arrival(number, clock_s=None, before=0):
    """The `number`-th message that was written has the `number`-th sequence ID."""
    return Arrival(
        number, number if clock_s is None else clock_s, number, partition=number % 2, before=before, ms=0.0
    )


def as_they_came(*numbers):
    return [arrival(number) for number in numbers]


@given(st.permutations(range(1, MESSAGES + 1)))
def test_any_arrival_order_gives_the_same_list(numbers):
    assert ordered(as_they_came(*numbers))["sequence"] == as_they_came(*range(1, MESSAGES + 1))


@given(st.lists(st.integers(1, MESSAGES), max_size=30))
def test_a_number_that_comes_again_is_shown_once(numbers):
    buffer = SortedBuffer()
    new = [number for number in numbers if buffer.insert(arrival(number))]
    assert sorted(new) == sorted(set(numbers)) == [row.seq for row in buffer.rows]


@given(
    st.permutations(range(1, MESSAGES + 1)), st.lists(st.floats(-1, 1), min_size=MESSAGES, max_size=MESSAGES)
)
def test_no_clock_can_change_the_order_by_sequence(numbers, clocks):
    came = [arrival(number, clock_s) for number, clock_s in zip(numbers, clocks, strict=True)]
    assert is_right(ordered(came)["sequence"])


def test_a_clock_that_is_behind_turns_messages_round():
    came = [arrival(1, clock_s=10.0), arrival(2, clock_s=7.1), arrival(3, clock_s=10.2)]
    assert [row.message for row in ordered(came)["timestamp"]] == [2, 1, 3]
    assert not is_right(ordered(came)["timestamp"])


def test_what_is_explained_is_what_was_observed():
    luck = explanation(as_they_came(1, 2, 3), 0)
    assert "by luck" in luck
    assert "one laptop's clock" in luck
    late = explanation([arrival(2, 1.0), arrival(1, 2.0, before=40)], -3)
    assert "consumer-1 had 40 older records" in late
    assert "3 s behind" in late
