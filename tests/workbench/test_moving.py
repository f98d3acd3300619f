import pytest

from workbench.tracing.journal import Seen
from workbench.tracing.moving import Move, Moves


def seen(kind, t_ms=0, component="phones", **facts):
    return Seen(int(t_ms * 1e6), component, kind, None, None, facts)


def moved(t_ms, user, before, after):
    return seen("connection_changed", t_ms, user=user, before=before, event="e", after=after)


def directed(t_ms, user, server):
    return seen("connect_directed", t_ms, "lb", user=user, server=server)


def test_a_phone_that_needed_two_attempts_is_back_where_the_second_was_sent():
    moves = Moves("chat-1", ["alice"])
    assert moves.waiting == ["alice"]
    for event in (
        moved(100, "alice", "online", "backoff"),
        moved(300, "alice", "backoff", "connecting"),
        directed(301, "alice", "chat-1"),
        moved(302, "alice", "connecting", "backoff"),
        moved(900, "alice", "backoff", "connecting"),
        directed(901, "alice", "chat-3"),
        moved(902, "alice", "connecting", "authenticating"),
        seen("route_registered", 903, "chat-3", user="alice", server="chat-3"),
        moved(905.5, "alice", "authenticating", "online"),
    ):
        assert moves.push(event)
    assert moves.all == [Move("alice", "chat-1", "chat-3", 805.5, 2)]
    assert moves.waiting == []
    moves.push(moved(2000, "alice", "online", "backoff"))  # a later loss is another story
    moves.push(moved(2100, "alice", "backoff", "connecting"))
    assert moves.all == [Move("alice", "chat-1", "chat-3", 805.5, 2)]


def test_a_phone_that_goes_offline_of_its_own_accord_is_not_waited_for():
    moves = Moves("chat-1", ["alice", "bob"])
    moves.push(moved(1, "alice", "online", "offline"))
    assert moves.waiting == ["bob"]
    moves.push(moved(2, "alice", "offline", "connecting"))
    assert moves.waiting == ["alice", "bob"]


@pytest.mark.parametrize(
    ("event", "mine"),
    [
        (seen("component_exited", component="supervisor", name="chat-1", exit_code=-9, expected=True), True),
        (seen("component_exited", component="supervisor", name="chat-2", exit_code=-9, expected=True), False),
        (seen("server_health_changed", component="lb", server="chat-1", healthy=False), True),
        (seen("server_health_changed", component="lb", server="chat-2", healthy=False), False),
        (seen("server_draining", component="chat-1", connections=1, bound_s=0.01), True),
        (seen("server_draining", component="chat-2", connections=1, bound_s=0.01), False),
        (moved(1, "bob", "online", "backoff"), False),
        (seen("message_shown", user="alice"), False),
    ],
)
def test_only_what_concerns_the_server_or_its_phones_is_told(event, mine):
    assert Moves("chat-1", ["alice"]).push(event) is mine
