import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from workbench.interview.score import MAX_ANSWER
from workbench.interview.terminal import ENTER, FOOTER, InterruptedAnswer, Said, Terminal

PASTE = "\x1b[200~{}\x1b[201~"


@pytest.fixture
def typing():
    """A terminal at which these keys have been pressed."""
    with create_pipe_input() as source:

        def typing(keys):
            source.send_text(keys)
            return Terminal(source, DummyOutput())

        yield typing


def test_an_empty_line_after_an_empty_line_ends_an_answer(typing):
    assert typing("one\rtwo\r\r\r").answer() == Said("answer", "one\ntwo\n\n")


def test_one_empty_line_belongs_to_the_answer(typing):
    typed = "a -> b\r\rBecause b is near.\x04"
    assert typing(typed).answer() == Said("answer", "a -> b\n\nBecause b is near.")


def test_two_empty_lines_are_an_empty_answer(typing):
    assert typing("\r \r").answer() == Said("answer", "\n ")


def test_the_footer_says_how_an_answer_is_handed_in():
    assert "two empty lines or Ctrl-D: done" in FOOTER
    assert len(FOOTER) < 80


def test_ctrl_d_ends_an_answer(typing):
    assert typing("one\rtwo\x04").answer() == Said("answer", "one\ntwo")


@pytest.mark.parametrize(("typed", "kind"), [("?", "hint"), (":skip", "skip"), (":quit", "quit")])
def test_a_command_on_a_line_of_its_own_is_taken_out_of_the_answer(typing, typed, kind):
    assert typing(f"one\r{typed}\r").answer() == Said(kind, "one")


def test_a_question_mark_within_a_line_is_text(typing):
    assert typing("why?\r\r\r").answer() == Said("answer", "why?\n\n")


def test_a_draft_can_be_gone_on_with(typing):
    assert typing(" more\x04").answer("some") == Said("answer", "some more")


def test_ctrl_c_keeps_what_was_written(typing):
    with pytest.raises(InterruptedAnswer) as caught:
        typing("half\x03").answer()
    assert caught.value.draft == "half"


def test_empty_lines_within_a_paste_do_not_end_the_answer(typing):
    assert typing(PASTE.format("one\r\n\r\ntwo") + "\x04").answer() == Said("answer", "one\n\ntwo")


def test_a_paste_that_is_too_long_is_left_out(typing):
    paste = PASTE.format("x" * 50_000)  # as much as fits into a pipe
    assert typing(f"short{paste}\x04").answer() == Said("answer", "short", 50_000)


def test_what_does_not_fit_is_left_out_key_by_key_too(typing):
    assert len(typing("xyz\x04").answer("x" * (MAX_ANSWER - 1)).text) == MAX_ANSWER


def test_only_keys_that_mean_something_are_taken(typing):
    assert typing("zzo").key("?", ["m", "o"]) == "o"
    assert typing("\r").key("?", ["m"]) == ENTER
    assert typing("\x04").key("?", ["m"]) == "q"


def test_ctrl_c_at_a_key_interrupts(typing):
    with pytest.raises(KeyboardInterrupt):
        typing("\x03").key("?", ["m"])


def test_ctrl_d_on_a_line_is_an_empty_line(typing):
    assert typing("\x04").line("?") == ""
    assert typing("where alice\r").line("?") == "where alice"
