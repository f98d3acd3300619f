import socket
import threading
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.experiments.costs import Delivery, Spent, due, in_words, known
from workbench.experiments.counting import CountingHTTPConnection, Counts
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


def test_the_fleet_is_the_walkthroughs_and_its_figures_are_products():
    spent = Spent(every_s=5, times=120, counts=Counts(120, 24_000, 12_000), took_ms=80.0)
    assert spent.bytes_each == 300
    assert spent.a_day == 17_280
    assert spent.fleet_a_second == 20_000_000
    assert spent.fleet_bytes_a_second == 20_000_000 * 300


def test_heartbeats_of_a_day_are_2880():
    assert due(24 * 60, 30) == Spent(30, 1, Counts(1, 1, 1), 1.0).a_day == 2_880


def test_a_message_waits_for_half_an_interval_and_for_the_request():
    deliveries = [Delivery(f"{n}", n, push_ms=10.0 * n, poll_ms=1.0 * n) for n in (1, 2, 3)]
    found = known(deliveries, interval_s=5)
    assert (found.push_ms, found.poll_ms) == (20.0, 2_502.0)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (343, "343 B"), (999.6, "1 kB"), (6.86e9, "6.86 GB")],
)
def test_a_size_has_three_digits_and_a_decimal_unit(size, words):
    assert in_words(size) == words


def test_what_is_counted_is_what_the_other_end_saw():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
    seen = bytearray()

    def serve_one(listening):
        peer, _address = listening.accept()
        with peer:
            while not seen.endswith(b"\r\n\r\n"):
                seen.extend(peer.recv(4096))
            peer.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve_one, args=(listening,))
        serving.start()
        with closing(CountingHTTPConnection(*listening.getsockname())) as connection:
            connection.request("GET", "/messages?after=0")
            assert connection.getresponse().read() == b"[]"
            counts = connection.counted.counts
        serving.join()
    assert counts == Counts(sends=1, sent_bytes=len(seen), received_bytes=len(answer))
