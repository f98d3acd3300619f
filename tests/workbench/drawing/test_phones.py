"""The figures that tell the story of a phone: its connection, its outbox, its coming back."""

from collections import Counter

import pytest

from components.device.protocol import CONNECTION, backoff_bound
from workbench.cli.language import problem_of
from workbench.drawing import comings, reconnecting, topology
from workbench.drawing.catalogue import NeverLostError, PhoneUnknownError, lit, lit_by_phone, plain
from workbench.drawing.figures.connection import connection
from workbench.drawing.model import Look


@pytest.fixture(scope="session")
def boxes(tunnels):
    return topology.of_journal(tunnels)


def in_seconds(events, first, last):
    began = events[0].t_ns
    return [each for each in events if first <= (each.t_ns - began) / 1e9 <= last]


def moment(events, **facts):
    """Give the last event that has these facts."""
    return [each for each in events if facts.items() <= {"kind": each.kind, **each.facts}.items()][-1]


def written(events, **facts):
    return [
        each.facts["message_id"]
        for each in events
        if each.kind == "message_written" and facts.items() <= each.facts.items()
    ]


# The connection -----------------------------------------------------------------------------------------------------


def arrows_of_the_table(figure):
    states = {state for state, _event, _then in CONNECTION}
    return [link for link in figure.links if {link.source, link.target} <= states]


def test_every_state_and_every_transition_of_the_table_is_drawn_and_no_other(tunnels):
    table = list(CONNECTION)
    for figure in (connection(), lit_by_phone("connection", tunnels, "alice")):
        assert {state for row in table for state in (row[0], row[2])} <= {box.id for box in figure.boxes}
        drawn = [(link.source, link.says.split(" ")[0], link.target) for link in arrows_of_the_table(figure)]
        assert Counter(drawn) == Counter(table)
        words = Counter(label.text.split(" ")[0] for label in figure.labels)
        assert all(words[event] >= count for event, count in Counter(row[1] for row in table).items())


@pytest.mark.parametrize("phone", ["alice", "bob", "carol"])
def test_each_transition_says_how_often_it_was_taken(phone, tunnels):
    moves = [
        each.facts for each in tunnels if each.kind == "connection_changed" and each.facts["user"] == phone
    ]
    taken = Counter((each["before"], each["event"]) for each in moves)
    assert taken
    for link in arrows_of_the_table(lit_by_phone("connection", tunnels, phone)):
        event, *times = link.says.split(" ×")
        assert int(times[0] if times else 0) == taken[link.source, event]
        assert link.look is (Look.LIT if times else Look.PLAIN)


@pytest.mark.parametrize("speed", [0.5, 1.0, 5.0, 100.0])
def test_the_bounds_are_those_that_the_phone_draws_below(speed):
    found = comings.Connecting("alice", speed, {}, (), (), 0, 0, 0)
    box = next(box for box in connection(found).boxes if box.id == "backoff")
    said = " ".join(box.lines)
    assert f"{backoff_bound(0, speed):g}, {backoff_bound(1, speed):g}, {backoff_bound(2, speed):g}" in said
    assert f"{backoff_bound(99, speed):g} s" in said
    assert len(box.lines) <= box.height - 2


def test_of_many_delays_the_newest_are_listed():
    waits = tuple(comings.Wait(place / 100, 12.0) for place in range(5000))
    found = comings.Connecting("alice", 5.0, {("backoff", "timer"): (5000, 86400.0)}, waits, (), 0, 0, 0)
    box = next(box for box in connection(found).boxes if box.id == "backoff")
    assert box.lines[-1] == "49.99 s of 12 s"
    assert any(line.endswith("earlier)") for line in box.lines)
    assert len(box.lines) <= box.height - 2


def test_what_a_phone_fetched_stands_in_its_box(tunnels):
    ended = [each.facts for each in tunnels if each.kind == "sync_finished" and each.facts["user"] == "bob"]
    box = next(box for box in lit_by_phone("connection", tunnels, "bob").boxes if box.id == "sync")
    assert box.lines[1].startswith(f"×{len(ended)}, {sum(each['pages'] for each in ended)} pages")


# The outbox ---------------------------------------------------------------------------------------------------------


def test_a_message_that_was_sent_twice_shows_both_attempts(tunnels, boxes):
    attempts = Counter(each.facts["message_id"] for each in tunnels if each.kind == "send_transmitted")
    message = next(message for message, count in attempts.items() if count == 2)
    figure, _journey = lit("offline-first", tunnels, boxes, message)
    assert "2 attempts: " in next(box for box in figure.boxes if box.id == "socket").lines[1]
    assert len([hop for hop in figure.hops if hop.kind == "send_received"]) == 2
    assert any(note.startswith("Sent 2 times") for note in figure.notes)


def test_a_message_whose_ack_was_lost_is_said_to_be_settled_by_a_receipt(tunnels, boxes):
    acknowledged = {each.facts["message_id"] for each in tunnels if each.kind == "message_sent"}
    message = next(each for each in written(tunnels, user="alice") if each not in acknowledged)
    figure, _journey = lit("offline-first", tunnels, boxes, message)
    assert next(box for box in figure.boxes if box.id == "sent").lines[1].startswith("no ACK came; ")


def test_what_the_phone_did_while_a_message_waited_is_told(tunnels):
    first, second = written(tunnels, user="alice", peer="bob")[-2:]
    told = [at.what for at in comings.outbox(tunnels, second).meanwhile]
    assert told[0] == "BACKOFF"
    assert told[-5:] == ["CONNECTING", "AUTHENTICATING", "ONLINE", "sync finished", f"ACK of {first}"]
    assert "tunnel out" in told
    online = written(tunnels, user="alice", peer="bob")[0]
    assert [at.what for at in comings.outbox(tunnels, online).meanwhile] == ["ONLINE"]


def test_a_message_that_still_waits_says_so(tunnels, boxes):
    last = moment(tunnels, kind="message_written")
    figure, _journey = lit(
        "offline-first", [each for each in tunnels if each.t_ns <= last.t_ns], boxes, "last"
    )
    assert next(box for box in figure.boxes if box.id == "outbox").lines[1] == "still waits"
    assert next(box for box in figure.boxes if box.id == "sent").look is Look.PLAIN


# Somebody who is not there ------------------------------------------------------------------------------------------


def test_a_message_that_was_fetched_shows_the_page_that_it_came_with(tunnels, boxes):
    figure, journey = lit("offline-delivery", tunnels, boxes, "last")
    kinds = [hop.kind for hop in figure.hops]
    assert kinds.index("sync_served") == kinds.index("message_shown") - 1
    assert [hop.number for hop in journey.hops] == list(range(1, len(kinds) + 1))
    wakes = next(box for box in figure.boxes if box.id == "wakes")
    assert wakes.look is Look.LIT
    assert wakes.lines[1].startswith("app foreground ")


def test_a_message_that_was_pushed_shows_no_sync(recorded):
    figure, _journey = lit("offline-delivery", recorded, topology.of_journal(recorded), "last")
    assert "sync_served" not in [hop.kind for hop in figure.hops]
    assert any(note.startswith("A server held") for note in figure.notes)


def pushed(events, boxes):
    """Give the run as if a notification service had woken bob: the kinds of event that light its arrows."""
    message = written(events, user="alice", peer="bob")[-1]
    offline = moment(events, kind="recipient_offline", message_id=message)
    ways = {
        "push_requested": (offline.component, "push"),
        "push_sent": ("push", "fcm"),
        "push_arrived": ("fcm", "bob"),
    }
    added = [
        type(offline)(offline.t_ns + 1000 * place, way[0], kind, None, way, {"user": "bob"}, offline.trace_id)
        for place, (kind, way) in enumerate(ways.items(), start=1)
    ]
    known = topology.Topology({**boxes.boxes, "push": "push", "apns": "apns", "fcm": "fcm"}, boxes.phones)
    return sorted([*events, *added], key=lambda each: each.t_ns), known


def test_a_push_lights_its_arrows_where_there_are_such_boxes(tunnels, boxes):
    assert [box.id for box in plain("offline-delivery", boxes).boxes if box.look is Look.UNBUILT] == [
        "push",
        "apns",
        "fcm",
    ]
    events, known = pushed(tunnels, boxes)
    assert not [box for box in plain("offline-delivery", known).boxes if box.look is Look.UNBUILT]
    figure, _journey = lit("offline-delivery", events, known, "last")
    ways = {(link.source, link.target) for link in figure.links if link.look is Look.LIT}
    assert {("worker", "push"), ("push", "fcm"), ("fcm", "wakes")} <= ways
    assert not {("push", "apns"), ("apns", "wakes")} & ways
    assert not [note for note in figure.notes if "is not drawn" in note or "Dashed" in note]


# Coming back --------------------------------------------------------------------------------------------------------


def test_the_newest_reconnect_is_told_from_the_mouth_of_the_tunnel(tunnels):
    found = reconnecting.reconnect(tunnels, "alice")
    into, out = (
        moment(tunnels, kind="network_moved", user="alice", what=what) for what in ("tunnel in", "tunnel out")
    )
    assert found.cause == "tunnel in"
    assert found.restored == comings.Moment((out.t_ns - into.t_ns) / 1e6, "tunnel out")
    assert list(found.waiting) == written(tunnels, user="alice")[-3:]
    assert found.sent == found.waiting
    assert found.fetched == 1
    assert found.restored.at_ms < found.online_ms < found.synced_ms < found.first_sent_ms
    sends = [hop for hop in found.hops if hop.kind == "send_received"]
    assert len(sends) == 3
    assert all(hop.at_ms > found.synced_ms for hop in sends)


@pytest.mark.parametrize(
    ("phone", "cause", "restored"),
    [("bob", "app closed", "app foreground"), ("carol", "wifi to cellular", None)],
)
def test_other_causes_are_named(phone, cause, restored, tunnels):
    found = reconnecting.reconnect(tunnels, phone)
    assert found.cause == cause
    assert (found.restored and found.restored.what) == restored
    assert found.online_ms > 0


def test_a_reconnect_that_is_not_over_is_drawn_as_far_as_it_is(tunnels):
    out = moment(tunnels, kind="network_moved", user="alice", what="tunnel out")
    inside = [each for each in tunnels if each.t_ns < out.t_ns]
    figure = lit_by_phone("reconnect", inside, "alice")
    assert figure.hops == ()
    assert figure.notes[-1].startswith("It is not over")
    looks = {box.id: box.look for box in figure.boxes}
    assert (looks["stays"], looks["restored"], looks["reconnects"]) == (Look.LIT, Look.PLAIN, Look.PLAIN)


def test_each_hop_of_a_reconnect_is_one_of_the_journal_and_drawn_once(tunnels):
    for phone in ("alice", "bob", "carol"):
        for name in ("connection", "reconnect"):
            figure = lit_by_phone(name, tunnels, phone)
            known = Counter(
                (each.kind, each.link)
                for each in tunnels
                if each.link and phone in (*each.link, each.facts.get("user"))
            )
            assert not Counter((hop.kind, (hop.source, hop.target)) for hop in figure.hops) - known
            drawn = [hop for link in figure.links for hop in link.hops]
            assert sorted(drawn) == [hop.number for hop in figure.hops]
            assert not [note for note in figure.notes if "is not drawn" in note]


def test_a_phone_that_never_lost_its_connection_has_no_reconnect(recorded):
    with pytest.raises(NeverLostError):
        lit_by_phone("reconnect", recorded, "alice")


def test_an_unknown_phone_is_unknown_and_the_probe_is_none(tunnels):
    for phone in ("dave", "probe-0"):
        with pytest.raises(PhoneUnknownError) as caught:
            lit_by_phone("connection", tunnels, phone)
        assert caught.value.known == ["alice", "carol", "bob"]
    with pytest.raises(PhoneUnknownError):
        lit_by_phone("connection", [], "alice")


def test_a_lesson_may_draw_a_phone():
    assert problem_of("diagram connection --phone alice") is None
    assert "--fone" in problem_of("diagram connection --fone alice")
