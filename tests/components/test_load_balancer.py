import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.load_balancer.protocol import Ring

users = st.from_regex(r"[a-z][a-z0-9]{0,9}", fullmatch=True)


def ring_of(count, **options):
    ring = Ring([f"chat-{number}" for number in range(1, count + 1)], **options)
    for number in range(1, count + 1):
        ring.set_health(f"chat-{number}", healthy=True)
    return ring


def test_the_default_seed_spreads_the_default_phones_as_the_documents_say():
    three, seven = ring_of(3), ring_of(7)
    assert [three.server_of(user) for user in ("alice", "bob", "carol")] == ["chat-1", "chat-3", "chat-2"]
    assert [seven.server_of(user) for user in ("alice", "bob")] == ["chat-1", "chat-7"]


@pytest.mark.parametrize("count", range(2, 8))
def test_alice_and_bob_are_always_apart(count):
    ring = ring_of(count)
    assert ring.server_of("alice") != ring.server_of("bob")


@given(st.lists(users, min_size=1, max_size=50), st.integers(1, 5))
def test_a_lost_server_moves_only_its_own_users_and_gets_them_back(names, lost):
    ring = ring_of(5)
    before = {user: ring.server_of(user) for user in names}
    ring.set_health(f"chat-{lost}", healthy=False)
    for user, server in before.items():
        now = ring.server_of(user)
        assert now != f"chat-{lost}"
        assert server in (now, f"chat-{lost}")
    ring.set_health(f"chat-{lost}", healthy=True)
    assert before == {user: ring.server_of(user) for user in names}


def test_without_a_healthy_server_there_is_none():
    ring = Ring(["chat-1"])
    assert ring.server_of("alice") is None
    assert ring.healthy() == []


def test_a_health_check_that_changes_nothing_is_no_news():
    ring = Ring(["chat-1"])
    assert ring.set_health("chat-1", healthy=True)
    assert not ring.set_health("chat-1", healthy=True)
