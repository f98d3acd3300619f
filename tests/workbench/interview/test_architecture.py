from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.interview.architecture import MAX_LINKS, compare, expected, parse
from workbench.interview.names import find_name

WANTED = expected(
    ["phone -> load balancer -> chat server", "chat server -> redis"],
    ["phone -> s3"],
    [("phone -> kafka", "The broker would hold every connection.")],
    {"load balancer": ["lb"], "chat server": ["chat", "gateway"], "phone": ["client"]},
)


@pytest.mark.parametrize("arrow", ["->", "-->", "=>", "→", " -> "])
def test_every_arrow_is_understood(arrow):
    assert parse(f"a{arrow}b{arrow}c").links() == [("a", "b"), ("b", "c")]


def test_commas_name_several_targets():
    assert parse("a -> b, c and d").links() == [("a", "b"), ("a", "c"), ("a", "d")]


def test_arrows_may_point_back_or_both_ways():
    assert parse("a <- b").links() == [("b", "a")]
    assert parse("a <-> b").links() == [("a", "b"), ("b", "a")]


def test_lines_without_an_arrow_are_prose():
    drawn = parse("First the way in:\n- a -> b; b -> c\nThe map is shared.")
    assert drawn.links() == [("a", "b"), ("b", "c")]
    assert drawn.prose == "First the way in:\n\nThe map is shared."


def test_prose_is_kept_as_it_was_typed_and_what_arrows_part_stays_apart():
    drawn = parse("It is near; it is fast.\nSo I take it\na -> b\nwhich is shared; a -> c; it is\nbig")
    assert drawn.links() == [("a", "b"), ("a", "c")]
    assert drawn.prose == "It is near; it is fast.\nSo I take it\n\nwhich is shared;\n\nit is\nbig"


def test_all_links_found_are_full_marks_by_whatever_name():
    found = compare("client -> LB -> the chat-servers\nChat server 7 -> Redis", WANTED)
    assert found.percent == 100
    assert (found.missing, found.wrong, found.extra, found.unknown) == ([], [], [], [])


def test_slips_of_the_finger_are_forgiven():
    assert compare("phone -> load balncer -> chat sever -> redis", WANTED).percent == 100


BOXES = {
    name: box
    for box, names in {
        "phone": ("phone", "phones", "user", "user a", "client", "phone a", "phone b"),
        "load balancer": ("load balancer", "lb", "balancer", "edge"),
        "chat server": ("chat server", "chat", "server", "gateway"),
        "redis": ("redis", "routes", "registry", "connection map"),
        "kafka": ("kafka", "broker", "queue", "log", "topic"),
        "worker": ("worker", "router", "consumer", "delivery"),
        "store": ("cassandra", "store", "message store", "db"),
        "directory": ("user db", "users", "postgres", "directory"),
        "object storage": ("object storage", "s3", "media store"),
        "phone database": ("phone database", "phone db"),
    }.items()
    for name in names
}


@pytest.mark.parametrize(
    ("typed", "box"),
    [
        ("fone", "phone"),
        ("hpone", "phone"),
        ("balancr", "load balancer"),
        ("load balncer", "load balancer"),
        ("chat sever", "chat server"),
        ("chat severs", "chat server"),
        ("chat sever 7", "chat server"),
        ("the big chat sever", "chat server"),
        ("reddis", "redis"),
        ("kafak", "kafka"),
        ("wroker", "worker"),
        ("workers", "worker"),
        ("routers", "worker"),
        ("casandra", "store"),
        ("casandra wide rows", "store"),
        ("conection map", "redis"),
        ("phone c", "phone"),
        ("phone d", "phone"),
        ("user d", "phone"),
        ("sender", None),
        ("route", None),
        ("docker", None),
        ("lg", None),
        ("flux capacitor", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_a_slip_finds_its_box_and_no_other(typed, box):
    assert find_name(typed, BOXES) == box


def test_names_are_never_taken_for_another_box():
    assert {name: find_name(name, BOXES) for name in BOXES} == BOXES


def test_extra_links_cost_once_there_are_more_of_them_than_needed_ones():
    boxes = [f"box {letter}" for letter in "abcdefgh"]
    right = "phone -> lb -> chat -> redis"
    extra = [f"{one} -> {other}" for one, other in pairwise(boxes)]
    assert compare("\n".join([right, *extra[:3]]), WANTED).percent == 100
    found = compare("\n".join([right, *extra[:5]]), WANTED)
    assert (found.percent, found.too_many) == (33.3, 2)


def test_everything_linked_to_everything_is_worth_nothing():
    boxes = "phone, lb, chat, redis, kafka, worker"
    assert compare(f"{boxes} <-> {boxes}", WANTED).percent < 0


def test_what_lacks_is_named():
    found = compare("phone -> chat -> redis", WANTED)
    assert found.found == [("chat server", "redis")]
    assert found.missing == [("phone", "load balancer"), ("load balancer", "chat server")]
    assert found.extra == [("phone", "chat server")]


def test_a_wrong_link_costs_what_a_right_one_earns_and_says_why():
    found = compare("phone -> kafka", WANTED)
    assert found.percent < 0
    assert found.wrong == [(("phone", "kafka"), "The broker would hold every connection.")]


def test_extra_and_unknown_cost_nothing():
    found = compare("phone -> lb -> chat -> redis; phone -> s3; chat -> flux capacitor", WANTED)
    assert found.percent == 100
    assert found.extra == [("chat server", "flux capacitor")]
    assert found.unknown == ["flux capacitor"]


def test_names_are_found_in_a_sentence_with_arrows():
    found = compare(
        "The message goes from the phone -> lb -> chat server which then acknowledges it at once", WANTED
    )
    assert found.found == [("phone", "load balancer"), ("load balancer", "chat server")]


def test_an_answer_without_arrows_is_told_how():
    assert "write one path a line" in compare("phone, then server", WANTED).problem


def test_links_beyond_the_limit_are_left_out_and_said_so():
    found = compare("\n".join(f"a{at}x -> b{at}x" for at in range(MAX_LINKS + 5)), WANTED)
    assert sum(len(path) - 1 for path in found.paths) == MAX_LINKS
    assert "only the first 200 links" in found.problem


@given(st.text(alphabet="ab ->,;=<→\n&", max_size=300) | st.text(max_size=100))
def test_any_text_is_compared_alike_twice_without_raising(text):
    found = compare(text, WANTED)
    assert found == compare(text, WANTED)
    assert all(len(path) > 1 for path in found.paths)
