"""What a line typed on a phone's screen asks for, and what a shell asks of a phone."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.wire.names import MAX_BODY_BYTES
from workbench.errors import UsageProblem
from workbench.phone_screen.life import Life, life_of, told
from workbench.phone_screen.model import State
from workbench.phone_screen.typed import Help, Leave, Say, To, wish_of


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
    state = State("alice", "online", "chat-1", app="foreground", network="up")
    assert told(state) == "alice is online on chat-1, app foreground, network up"
    assert told(State("alice", "backoff")) == "alice is waiting to connect again"
    assert told(State("alice", "offline", problem="no key")) == "alice is offline, no key"
