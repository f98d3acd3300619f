"""What a phone's screen knows, whatever it is told and whatever fingers do."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.trace.events import EVENTS
from workbench.phone_screen.model import Book, Message, State
from workbench.phone_screen.staleness import Stale, about, stale_after
from workbench.tracing.journal import Seen


def message(seq, sender="bob", status="delivered", peer="bob", *, unread=True):
    conversation = ":".join(sorted(("alice", peer)))
    return Message(
        seq, f"{seq or 0:012x}", sender, "Hey", status, conversation, unread=unread and sender != "alice"
    )


def book(*messages, contacts=("alice", "bob", "carol")):
    made = Book("alice", contacts)
    made.take(messages)
    return made


def test_contacts_are_all_other_phones_and_those_with_messages_come_first():
    assert book().peers() == ["bob", "carol"]
    assert book(message(1, "carol", peer="carol")).peers() == ["carol", "bob"]
    assert book(message(1, "zoe", peer="zoe")).peers() == ["zoe", "bob", "carol"]


def test_the_order_of_the_phone_is_kept():
    shown = book(message(1), message(2), message(None, "alice", status="pending"))
    assert [each.seq for each in shown.conversation("bob").messages] == [1, 2, None]
    assert shown.conversation("bob").last.seq is None


def test_what_others_wrote_is_unread_until_the_conversation_is_opened():
    shown = book(message(1), message(2), message(3, "alice"), message(1, "carol", peer="carol"))
    assert {each.peer: each.unread for each in shown.conversations()} == {"bob": 2, "carol": 1}
    shown.show("bob")
    assert {each.peer: each.unread for each in shown.conversations()} == {"bob": 0, "carol": 1}
    assert shown.to_report() == ("bob", 2)


def test_what_the_phone_has_as_read_is_read():
    shown = book(message(1, unread=False), message(2))
    assert shown.conversation("bob").unread == 1
    shown.take([message(1, unread=False), message(2, unread=False)], "bob")
    shown.show("bob")
    assert shown.to_report() is None


def test_an_uninstalled_app_has_no_messages_and_a_new_one_has_them_all_to_read():
    shown = book(message(1))
    shown.show("bob")
    shown.report(*shown.to_report())
    shown.take_state(State("alice", "offline", app="uninstalled"))
    assert not shown.conversation("bob").messages
    shown.take_state(State("alice", "online", app="foreground"))
    shown.take([message(1)])
    assert shown.to_report() == ("bob", 1)


def test_a_message_that_comes_into_the_open_conversation_is_reported_once():
    shown = book(message(1))
    shown.show("bob")
    shown.report(*shown.to_report())
    assert shown.to_report() is None
    shown.take([message(1), message(2)], "bob")
    assert shown.to_report() == ("bob", 2)


def test_what_comes_while_the_app_is_in_the_background_stays_unread():
    shown = book()
    shown.show("bob")
    shown.take_state(State("alice", "online", app="background"))
    shown.take([message(1)], "bob")
    assert shown.conversation("bob").unread == 1
    assert shown.to_report() is None
    shown.take_state(State("alice", "online", app="foreground"))
    assert shown.conversation("bob").unread == 0
    assert shown.to_report() == ("bob", 1)


def test_one_conversation_is_replaced_and_the_others_stay():
    shown = book(message(1), message(1, "carol", peer="carol"))
    shown.take([message(1), message(2)], "bob")
    assert len(shown.conversation("bob").messages) == 2
    assert len(shown.conversation("carol").messages) == 1
    shown.take([])
    assert not shown.conversation("carol").messages


def test_stepping_goes_round_with_no_conversation_between_last_and_first():
    shown = book()
    seen = []
    for _ in range(4):
        shown.step(1)
        seen.append(shown.open)
    assert seen == ["bob", "carol", None, "bob"]
    shown.step(-1)
    assert shown.open is None


def test_a_stranger_can_be_written_to():
    shown = book()
    shown.show("zoe")
    assert shown.open == "zoe"
    assert "zoe" in shown.peers()
    shown.step(1)
    assert shown.open is None


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("take"), st.lists(st.integers(1, 9), max_size=5)),
            st.tuples(st.just("show"), st.sampled_from(["bob", "carol", None])),
            st.tuples(st.just("step"), st.sampled_from([-1, 1])),
            st.tuples(st.just("app"), st.sampled_from(["foreground", "background"])),
        ),
        max_size=20,
    )
)
def test_unread_is_never_more_than_what_others_wrote_and_nothing_while_one_looks(moves):
    shown = book()
    for move, argument in moves:
        match move:
            case "take":
                shown.take([message(seq) for seq in sorted(set(argument))], "bob")
            case "show":
                shown.show(argument)
            case "step":
                shown.step(argument)
            case "app":
                shown.take_state(State("alice", "online", app=argument))
        for each in shown.conversations():
            assert 0 <= each.unread <= len(each.messages)
            if each.peer == shown.open and shown.attentive:
                assert each.unread == 0


# What an event makes stale ----------------------------------------------------------------------------------------


def seen(kind, **facts):
    return Seen(0, "phones", kind, None, None, facts)


@pytest.mark.parametrize(
    ("event", "stale"),
    [
        (seen("message_written", user="alice", peer="bob", conversation="alice:bob"), Stale(peers={"bob"})),
        (seen("message_shown", user="alice", conversation="alice:carol"), Stale(peers={"carol"})),
        (seen("message_sent", user="alice", message_id="000000000003"), Stale(peers={"bob"})),
        (seen("message_sent", user="alice", message_id="unknown"), Stale(state=True, everything=True)),
        (seen("connection_changed", user="alice", after="online"), Stale(state=True)),
        (seen("something_new", user="alice"), Stale(state=True, everything=True)),
        (seen("message_shown", user="bob", conversation="alice:bob"), Stale()),
        (seen("run_started", run="x"), Stale()),
    ],
)
def test_an_event_makes_stale_what_it_is_about(event, stale):
    assert stale_after(event, "alice", book(message(3, "alice")).peer_of) == stale


def test_every_known_event_can_be_judged():
    for kind, event in EVENTS.items():
        fields = {each.name for each in msgspec.structs.fields(event)}
        facts = dict.fromkeys(fields & {"user", "peer"}, "alice") | dict.fromkeys(
            fields & {"conversation"}, "alice:bob"
        )
        assert bool(stale_after(seen(kind, **facts), "alice", lambda _: None)) == ("user" in fields)


def test_an_event_is_about_a_phone_that_it_names_or_whose_hop_it_proves():
    assert about(seen("connection_changed", user="alice"), "alice")
    assert about(Seen(0, "chat-1", "send_received", 1, ("alice", "chat-1"), {}), "alice")
    assert not about(seen("connection_changed", user="bob"), "alice")
