import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.numerals import quantities
from workbench.quantities import MAX_ANSWER, within
from workbench.units import say


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
        ("twenty terabytes a day", "TB/day", 20),
        ("20 terabyte per 24 hours", "TB/day", 20),
        ("20 TB in 24 hours", "TB/day", 20),
        ("20 TB (per day)", "TB/day", 20),
        ("600 TB, monthly", "TB/day", 20),
        ("twenty-five thousand users", "user", 25_000),
        ("one hundred and twenty thousand users", "user", 120_000),
        ("nine hundred servers", "server", 900),
        ("ten servers", "server", 10),
        ("half a million messages a second", "message/second", 500_000),
        ("1.160.000 messages a second", "message/second", 1.16e6),
    ],
)
def test_numbers_are_read_as_people_write_them(answer, unit, value):
    found = within(answer, value, unit, 1.001)
    assert found.problem is None
    assert found.parsed == pytest.approx(value)
    assert found.right


@pytest.mark.parametrize(
    ("answer", "unit", "value"),
    [
        ("20 TB", "TB/day", 20),
        ("20", "TB/day", 20),
        ("100 billion x 200 B = 20 TB, daily", "TB/day", 20),
        ("1.16 million", "message/second", 1.16e6),
        ("a million", "message/second", 1e6),
        ("1.2M messages", "message/second", 1.2e6),
        ("2e9*50/86400=1.16e6", "message/second", 1.16e6),
        ("2 billion users, 50 messages a day each, so 1.2 million", "message/second", 1.2e6),
        ("ten", "server", 10),
    ],
)
def test_without_the_whole_unit_a_number_is_taken_in_the_asked_one(answer, unit, value):
    found = within(answer, value, unit, 1.001)
    assert found.parsed == pytest.approx(value)
    assert found.right


def test_a_number_in_the_asked_unit_comes_before_one_without():
    assert within("1.2M messages, which is 12,000 messages/s", 1.2e6, "message/second", 2).parsed == 12_000


def test_what_leads_to_a_wrong_result_is_not_taken_for_the_result():
    found = within("100 billion messages a day / 86,400 s = 12 million", 1.16e6, "message/second", 2)
    assert (found.said, found.right) == ("12 million", False)


@pytest.mark.parametrize("value", [20, 20_000])
def test_a_dot_before_three_digits_is_read_both_ways(value):
    assert within("20.000 GB a day", value, "GB/day", 1.001).right
    assert not within("0.020 GB a day", value, "GB/day", 1.001).right


@pytest.mark.parametrize("answer", ["-20 TB/day", "\u221220 TB a day", "minus twenty TB a day"])
def test_a_number_below_zero_is_not_right(answer):
    found = within(answer, 20, "TB/day", 2)
    assert (found.parsed, found.right) == (-20, False)


def test_a_range_and_a_list_item_have_no_sign():
    assert within("15-20 TB/day", 20, "TB/day", 1.01).right
    assert within("- 20 TB/day", 20, "TB/day", 1.01).right


def test_none_at_all_is_too_low_and_no_missing_number():
    assert within("0 servers", 1000, "server", 2).parsed == 0


@pytest.mark.parametrize(
    ("answer", "value", "unit", "said"),
    [
        (
            "1.16 million per second on average and 3.5 million per second at peak",
            1.16e6,
            "message/second",
            "1.16 million per second",
        ),
        ("20 TB a day; with replication 60 TB a day", 20, "TB/day", "20 TB a day"),
        ("20 TB a day x 3 replicas = 60 TB a day", 20, "TB/day", "20 TB a day"),
        ("We keep three copies, so 20 TB a day for one copy", 20, "TB/day", "20 TB a day"),
        ("100 million phones over 100,000 per server makes 1000.", 1000, "server", "1000"),
        ("1000 boxes, 1300 with headroom", 1000, "server", "1000 boxes"),
        (
            "100 billion a day / 86,400 s = 1.16M messages/s, so 3M/s at peak",
            1.16e6,
            "message/second",
            "1.16M messages/s",
        ),
        ("At peak, 1.2M/s", 1.16e6, "message/second", "1.2M/s"),
    ],
)
def test_the_right_number_counts_whatever_else_is_said(answer, value, unit, said):
    found = within(answer, value, unit, 2)
    assert (found.said, found.right) == (said, True)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("300k/s on average, 1.2M/s at peak", "300k/s"),
        ("Some say 1k/s. I'd say it is about 20k/s, or 30k/s", "20k/s"),
        ("20k/s, or 30k/s", "20k/s"),
        ("2k/s x 10 = 20k/s", "20k/s"),
    ],
)
def test_of_wrong_numbers_the_concluded_one_is_read_else_the_first(answer, said):
    found = within(answer, 1.16e6, "message/second", 2)
    assert (found.said, found.right) == (said, False)


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
    assert "such as 3 messages/second" in found.problem


def test_a_ratio_is_no_count():
    assert "is not of the kind" in within("100,000 per server", 1000, "server", 2).problem


@pytest.mark.parametrize(
    ("value", "unit", "example"),
    [
        (20, "TB/day", "3 TB/day"),
        (1.16e6, "message/second", "3 messages/second"),
        (1000, "server", "3 servers"),
        (4, "person", "700 people"),
    ],
)
def test_no_number_is_said_with_an_example_in_the_asked_unit_that_is_not_the_answer(value, unit, example):
    found = within("quite a lot", value, unit, 2)
    assert found.problem == f"no number found: write a number with a unit, such as {example}"


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1e6, "message/second", "1,000,000 messages/second"),
        (1_157_407, "message/second", "1,157,000 messages/second"),
        (1000, "server", "1,000 servers"),
        (1, "server", "1 server"),
        (20, "TB/day", "20 TB/day"),
        (0.02, "TB/day", "0.02 TB/day"),
        (3, "query", "3 queries"),
        (2, "box/day", "2 boxes/day"),
        (1e20, "byte", "1e+20 bytes"),
    ],
)
def test_numbers_are_said_in_full_with_a_unit_in_the_plural(value, unit, said):
    assert say(value, unit) == said


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
