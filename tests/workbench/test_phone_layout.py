"""The phone's screen as rows of text: nothing is wider than the terminal, nothing moves that has not changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.phone_screen.cells import cut, pad, safe, width_of, wrap
from workbench.phone_screen.conversation import lines_of, scrolled, window
from workbench.phone_screen.layout import Body, header, keys
from workbench.phone_screen.look import ASCII, UNICODE
from workbench.phone_screen.model import Book, Message, State

STATUSES = ["pending", "sent", "delivered", "read", "failed"]


def message(seq, sender="bob", text="Hey", status="delivered"):
    return Message(seq, f"{seq or 0:012x}", sender, text, status, "alice:bob", unread=sender == "bob")


def text_of(rows):
    return ["".join(text for _style, text in row) for row in rows]


def shown(messages, width, height=12, *, open_="bob", look=UNICODE):
    book = Book("alice", ("alice", "bob", "carol"))
    book.take(messages)
    book.show(open_)
    return text_of(Body(book, look).rows(width, height))


# Cells ------------------------------------------------------------------------------------------------------------


@given(st.text(), st.integers(2, 60))
def test_wrapped_text_fits_and_loses_no_letter(text, width):
    lines = wrap(safe(text), width)
    assert all(width_of(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == safe(text).replace("\n", "").replace(" ", "")


def test_words_stay_whole_where_they_can():
    assert wrap("one two three", 7) == ("one two", "three")
    assert wrap("abcdefgh", 3) == ("abc", "def", "gh")
    assert wrap("你好世界", 5) == ("你好", "世界")
    assert wrap("", 5) == ("",)


@given(st.text(st.characters(codec="utf-8")), st.integers(0, 40))
def test_a_cut_line_fits(text, width):
    assert width_of(cut(safe(text), width)) <= width


def test_nothing_that_a_terminal_would_obey_reaches_it():
    assert safe("\x1b[2J\u202e\u0007") == r"\x1b[2J\u202e\x07"
    assert safe("h\u00e9 \u4f60", ascii_only=True) == r"h\xe9 \u4f60"
    assert pad("你", 4) == "你  "


# The open conversation --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", [UNICODE, ASCII])
@pytest.mark.parametrize("width", [20, 40, 55, 200])
def test_a_tick_turns_in_place_and_moves_nothing(width, look):
    pictures = [
        lines_of([message(1), message(2, "alice", "Are you there?", status)], "alice", width, look)
        for status in STATUSES
    ]
    rows = [[line.text for line in picture] for picture in pictures]
    assert len({picture[-1] for picture in rows}) == len(STATUSES)
    ends = {picture[-1].index("there?") for picture in rows}
    assert len(ends) == 1
    assert len({tuple(picture[:-1]) for picture in rows}) == 1
    assert all(width_of(row) == width for picture in rows for row in picture)


def test_own_messages_stand_right_with_a_tick_and_the_others_left():
    theirs, own = shown([message(1), message(2, "alice", "Ho", "sent")], 40)[-2:]
    assert theirs.startswith("1 Hey ")
    assert own.rstrip().endswith("Ho ✓")
    assert own.startswith("2    ")


@pytest.mark.parametrize(("status", "sign"), [("read", "READ"), ("failed", "FAILED")])
def test_read_and_failed_are_words(status, sign):
    assert sign in shown([message(1, "alice", status=status)], 55)[-1]


def test_ascii_is_ascii():
    rows = shown(
        [message(n, "alice", "schön", status) for n, status in enumerate(STATUSES, 1)], 80, look=ASCII
    )
    rows.append(header(State("alice", "online", "chat-1"), "12:00", 80, ASCII))
    assert all(row.isascii() for row in rows)
    assert [row.split()[-1] for row in rows[-6:-1]] == ["..", "v", "vv", "READ", "FAIL"]


def test_what_has_no_number_yet_says_so():
    assert shown([message(None, "alice", status="pending")], 40)[-1].startswith("- ")


# Scrolling --------------------------------------------------------------------------------------------------------


def conversation(count, width=40):
    return lines_of(
        [message(seq, text=f"line {seq}") for seq in range(1, count + 1)], "alice", width, UNICODE
    )


def test_scrolling_stays_where_it_is_when_messages_come():
    anchor = scrolled(conversation(30), None, 10, -9)
    assert window(conversation(30), anchor, 10) == (11, 21)
    assert window(conversation(35), anchor, 10) == (11, 21)
    assert window(conversation(30, 20), anchor, 10) == (11, 21)


def test_at_the_end_the_newest_is_followed():
    anchor = scrolled(conversation(30), None, 10, -5)
    assert scrolled(conversation(30), anchor, 10, 5) is None
    assert window(conversation(31), None, 10) == (21, 31)


@given(st.integers(0, 40), st.integers(1, 15), st.lists(st.integers(-20, 20), max_size=10))
def test_the_visible_part_is_full_or_all(count, height, moves):
    lines = conversation(count)
    anchor = None
    for by in moves:
        anchor = scrolled(lines, anchor, height, by)
        first, end = window(lines, anchor, height)
        assert 0 <= first <= end <= len(lines)
        assert end - first == min(height, len(lines))


def test_a_page_keeps_a_line_in_sight_and_the_title_says_what_is_below():
    book = Book("alice", ("alice", "bob"))
    book.take([message(seq, text=f"line {seq}") for seq in range(1, 31)])
    book.show("bob")
    body = Body(book, UNICODE)
    before = text_of(body.rows(40, 11))
    body.scroll(-1)
    after = text_of(body.rows(40, 11))
    assert after[-1] == before[1]
    assert "9 lines below" in after[0]


# The whole screen -------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.builds(
            message,
            st.none() | st.integers(1, 2**40),
            st.sampled_from(["alice", "bob"]),
            st.text(max_size=80),
            st.sampled_from(STATUSES),
        ),
        max_size=8,
    ),
    st.integers(20, 200),
    st.integers(1, 30),
    st.sampled_from([None, "bob", "carol"]),
    st.sampled_from([UNICODE, ASCII]),
)
def test_every_row_is_as_wide_as_the_terminal(messages, width, height, open_, look):
    rows = shown(messages, width, height, open_=open_, look=look)
    assert len(rows) == height
    assert {width_of(row) for row in rows} == {width}


def test_the_chats_show_the_last_line_and_what_is_unread():
    rows = shown([message(1), message(2, text="How are you?")], 80, open_="carol")
    assert rows[0].startswith("  bob")
    assert "(2)" in rows[0]
    assert "How are you?" in rows[1]
    assert rows[2].startswith("> carol")
    assert "nothing said yet" in rows[0]


def test_below_60_columns_one_pane_is_shown():
    assert "carol" in "".join(shown([message(1)], 59, open_=None))
    assert "carol" not in "".join(shown([message(1)], 59))
    assert "carol" in "".join(shown([message(1)], 60))


def test_the_open_chat_is_in_sight_in_a_long_list():
    names = ["alice", *(f"u{number:02}" for number in range(40))]
    book = Book("alice", names)
    book.show("u39")
    assert text_of(Body(book, UNICODE).rows(80, 10))[-1].startswith("> u39")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State("alice", "online", "chat-1"), "connected to chat-1"),
        (State("alice", "connecting"), "connecting"),
        (State("alice", "authenticating"), "connecting"),
        (State("alice", "backoff"), "offline, waits"),
        (State("alice", "offline"), "offline"),
        (State("alice", "offline", problem="no key"), "offline: no key"),
        (State("alice", "online", "chat-1", app="background", network="none"), "background, no network"),
        (State("alice", "online", "chat-1", app="foreground", network="up"), "connected to chat-1   "),
    ],
)
def test_the_header_says_how_the_phone_is_connected(state, words):
    text = header(state, "12:34", 80, UNICODE)
    assert words in text
    assert text.endswith("12:34")


@given(st.integers(20, 200))
def test_header_and_keys_fit(width):
    state = State("a" * 32, "online", "chat-1")
    assert width_of(header(state, "12:34", width, UNICODE)) == width
    assert len(keys(width)) <= width
    assert keys(width).startswith("Esc leave")
