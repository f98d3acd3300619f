import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.quantities import MAX_ANSWER, quantities, within


@pytest.mark.parametrize(
    ("answer", "unit", "value"),
    [
        ("700k messages/s", "message/second", 700_000),
        ("1.2M msg/s", "message/second", 1_200_000),
        ("2 billion", "user", 2e9),
        ("2B users", "user", 2e9),
        ("100 TB/day", "TB/day", 100),
        ("about 10^6 per second", "message/second", 1e6),
        ("3 × 10⁵ qps", "request/second", 3e5),
        ("1.16 x 10^6 msgs/sec", "message/second", 1.16e6),
        ("1,160,000/s", "message/second", 1.16e6),
        ("1 160 000 messages a second", "message/second", 1.16e6),
        ("1,2 million messages per second", "message/second", 1.2e6),
        ("a million messages every second", "message/second", 1e6),
        ("40 MB/s", "MB/s", 40),
        ("10 Gbps", "GB/s", 1.25),
        ("1.2 GB/s", "TB/day", 103.68),
        ("30 TB daily", "TB/day", 30),
        ("100 TB of storage per day", "TB/day", 100),
        ("100 B per message", "byte/message", 100),
        ("two billion daily active users", "user", 2e9),
        ("100 million open connections", "connection", 1e8),
        ("1.2 million\nmessages per second", "message/second", 1.2e6),
    ],
)
def test_numbers_are_read_as_people_write_them(answer, unit, value):
    found = within(answer, value, unit, 1.001)
    assert found.problem is None
    assert found.parsed == pytest.approx(value)
    assert found.right


def test_the_number_after_the_last_equals_sign_counts():
    found = within(
        "100 billion a day / 86,400 s = 1.16M messages/s, so 3M/s at peak", 1.16e6, "message/second", 1.01
    )
    assert found.said == "1.16M messages/s"


def test_else_the_last_one_of_the_right_kind_counts():
    found = within(
        "100 billion messages a day, 580k/s on average, 1.2M/s at peak, within 5 minutes",
        1,
        "message/second",
        2,
    )
    assert found.said == "1.2M/s"


def test_a_number_that_counts_what_was_asked_for_comes_before_others():
    found = within("That is 1,000 servers. When one dies, a million phones knock at once.", 1000, "server", 2)
    assert found.said == "1,000 servers"


@pytest.mark.parametrize(
    ("parsed", "right"), [("499", False), ("500", True), ("2000", True), ("2001", False)]
)
def test_right_is_within_the_factor_and_both_ends_belong_to_it(parsed, right):
    assert within(f"{parsed} servers", 1000, "server", 2.0).right is right


def test_a_number_of_another_kind_is_named():
    found = within("5 minutes", 1, "message/second", 2)
    assert "`5 minutes` is not of the kind that was asked for" in found.problem
    assert "such as 700k messages/s" in found.problem


def test_a_rate_needs_its_time():
    assert "`1.16 million` has no unit" in within("1.16 million", 1.16e6, "message/second", 2).problem


def test_no_number_is_said_so():
    assert (
        within("quite a lot", 1, "TB/day", 2).problem
        == "no number found: write a number with a unit, such as 40 MB/s"
    )


def test_a_number_beyond_all_measure_is_none():
    assert within("10^9999 messages/s", 1, "message/second", 2).parsed is None
    assert within("1e9999 messages/s", 1, "message/second", 2).parsed is None


def test_a_text_that_is_too_long_is_not_read():
    assert "at most 20,000" in within("1" * (MAX_ANSWER + 1), 1, "user", 2).problem


@given(st.text(alphabet="0123456789 .,kMBT^x*=/seconday\n×⁶", max_size=200) | st.text(max_size=100))
def test_any_text_is_read_alike_twice_without_raising(text):
    assert within(text, 1.0, "message/second", 2.0) == within(text, 1.0, "message/second", 2.0)
    for found in quantities(text):
        assert 0 <= found.start < found.end <= len(text)


@given(st.integers(1, 10**12))
def test_a_count_is_read_back_whether_grouped_or_not(count):
    assert within(f"{count} users", count, "user", 1.0).right
    assert within(f"{count:,} users", count, "user", 1.0).right
