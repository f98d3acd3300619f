"""What a phone's screen knows, whatever it is told and whatever fingers do."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.trace.events import EVENTS
from components.wire.names import MAX_BODY_BYTES
from workbench.errors import UsageProblem
from workbench.phone_screen.life import Life, life_of, told
from workbench.phone_screen.model import Book, Message, State
from workbench.phone_screen.staleness import Stale, about, stale_after
from workbench.phone_screen.typed import Help, Leave, Say, To, wish_of
from workbench.tracing.journal import Seen


def message(seq, sender="bob", text="Hey", status="delivered", peer="bob"):
    return Message(seq, f"{seq or 0:012x}", sender, text, status, ":".join(sorted(("alice", peer))))


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
    assert book(message(1, status="read"), message(2)).conversation("bob").unread == 1


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


# What is typed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("Hey there", Say("Hey there")),
        ("//etc", Say("/etc")),
        ("   ", None),
        ("/to carol", To("carol")),
        ("/chats", To(None)),
        ("/help", Help()),
        ("/leave", Leave()),
        ("/tunnel in", Life("tunnel-in")),
        ("/tunnel  out", Life("tunnel-out")),
        ("/background", Life("background")),
        ("/clock -30", Life("clock", -30.0)),
        ("x" * MAX_BODY_BYTES, Say("x" * MAX_BODY_BYTES)),
    ],
)
def test_a_line_is_a_message_or_a_command(line, wish):
    assert wish_of(line, "alice") == wish


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x" * (MAX_BODY_BYTES + 1), "at most"),
        ("ü" * MAX_BODY_BYTES, "at most"),
        ("one\ntwo", "control characters"),
        ("\x1b[2J", "control characters"),
        ("half\udce4", "UTF-8"),
        ("/", "no command"),
        ("/dance", "no command /dance"),
        ("/to", "/to NAME"),
        ("/to Zoe!", "no user's name"),
        ("/to alice", "your own phone"),
        ("/tunnel", "tunnel in|out"),
        ("/clock soon", "±SECONDS"),
        ("/clock nan", "±SECONDS"),
        ("/kill bob", "write `kill`"),
    ],
)
def test_what_cannot_be_is_refused_with_words(line, words):
    with pytest.raises(UsageProblem, match=words.replace("|", r"\|")):
        wish_of(line, "alice")


@given(st.text(max_size=200))
def test_every_line_is_understood_or_refused(line):
    try:
        wish = wish_of(line, "alice")
    except UsageProblem:
        return
    assert wish is not None or not line.strip()


def test_only_clock_has_an_argument_on_the_wire():
    assert msgspec.json.encode(life_of("tunnel", "in")) == b'{"action":"tunnel-in"}'
    assert msgspec.json.encode(life_of("clock", "+90")) == b'{"action":"clock","argument":90.0}'
    with pytest.raises(UsageProblem, match="no action"):
        life_of("dance", None)


def test_a_phones_state_is_told_in_a_line():
    state = State("alice", "online", "chat-1", app="foreground", network="wifi")
    assert told(state) == "alice is online on chat-1, app foreground, network wifi"
    assert told(State("alice", "offline", problem="no key")) == "alice is offline, no key"
