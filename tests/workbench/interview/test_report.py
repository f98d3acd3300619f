import io

import msgspec
import pytest
from rich.console import Console

from workbench.interview.grading import Grade, Overruling, grade
from workbench.interview.questions import load_bank
from workbench.interview.report import Report, report
from workbench.interview.report_page import Page, marked
from workbench.interview.score import Verdict, score
from workbench.interview.session import VERSION, Session, Turn, plan
from workbench.quantities import within

ANSWERS = {
    "across": "Server 1 looks up the server in a map. Both users are on the same server.",
    "draw": "phone -> kafka\nphone -> lb -> flux capacitor",
    "rate": "I divide by the seconds: 12M messages/s.\x1b[2J",
}


@pytest.fixture
def session(bank):
    questions = load_bank(bank)
    turns = [
        Turn(
            question=each.id,
            follow_up=None,
            ask=each.ask,
            answer=ANSWERS[each.id],
            state="answered",
            seconds=60,
            hints=1,
            grade=grade(each, ANSWERS[each.id]),
        )
        for each in questions
    ]
    return Session(
        version=VERSION,
        id="2026-01-31-0915",
        started="2026-01-31T09:15:00+00:00",
        minutes=30,
        focus=None,
        seed=1,
        bank=str(bank),
        planned=[plan(each) for each in questions],
        turns=turns,
        elapsed_s=180,
        finished=True,
    )


def shown(session, width=80):
    out = Console(file=io.StringIO(), width=width, highlight=False)
    Page(out).report(report(session))
    return out.file.getvalue()


def test_the_words_that_decided_are_marked_without_colour(session):
    text = shown(session)
    assert "partly: a shared map tells which server holds a socket [map, 1.5 of 3]" in text
    assert "«Server» 1 «looks up» the server in a «map»." in text
    assert "not said: why it is needed" in text


def test_a_wrong_answer_says_why(session):
    text = shown(session)
    assert "wrong: One server cannot hold all sockets. [same-server, -4]" in text
    assert "«Both» «users» are on the «same server»." in text


def test_a_number_says_what_was_read_and_what_is_right(session):
    text = " ".join(shown(session).split())
    assert (
        "too high: «12M messages/s» is 12,000,000 messages/second; right is 1,160,000 messages/second,"
        " give or take a factor of 2" in text
    )


@pytest.mark.parametrize(
    ("answer", "value", "unit", "line"),
    [
        (
            "a million per second",
            1_160_000,
            "message/second",
            (
                "right: «a million per second» is 1,000,000 messages/second; right is 1,160,000 messages/second,"
                " give or take a factor of 2"
            ),
        ),
        ("20 TB/day", 20, "TB/day", "right: «20 TB/day», give or take a factor of 2"),
        ("20 TB a day", 20, "TB/day", "right: «20 TB a day», give or take a factor of 2"),
        ("1000 servers", 1000, "server", "right: «1000 servers», give or take a factor of 2"),
        (
            "10",
            1000,
            "server",
            "too low: «10» is 10 servers; right is 1,000 servers, give or take a factor of 2",
        ),
        (
            "lots",
            20,
            "TB/day",
            (
                "not read: no number found: write a number with a unit, such as 3 TB/day"
                " right is 20 TB/day, give or take a factor of 2"
            ),
        ),
    ],
)
def test_numbers_are_said_in_full_and_nothing_twice(answer, value, unit, line):
    out = Console(file=io.StringIO(), width=200, highlight=False)
    Page(out).grade(Grade(0.0, score(answer, []), within(answer, value, unit, 2)))
    assert " ".join(out.file.getvalue().split()) == line


def test_links_say_what_is_missing_wrong_extra_and_unknown(session):
    text = shown(session)
    assert "found: phone -> load balancer" in text
    assert "missing: chat server -> redis" in text
    assert "wrong: phone -> kafka" in text
    assert "The broker would hold every connection." in text
    assert "extra, costs nothing: load balancer -> flux capacitor" in text
    assert "names not known here: flux capacitor" in text


def test_extra_links_that_cost_are_said_so(bank):
    question = next(each for each in load_bank(bank) if each.id == "draw")
    out = Console(file=io.StringIO(), width=200, highlight=False)
    Page(out).grade(grade(question, "box a -> box b -> box c -> box d -> box e"))
    text = out.file.getvalue()
    assert text.count("extra, costs nothing: ") == 3
    assert "one extra link too many, costs what a right one earns: box d -> box e" in text


def test_both_scores_are_shown_where_they_differ(session):
    session.turns[0] = msgspec.structs.replace(
        session.turns[0], overrulings=[Overruling("map", Verdict.MET, "It\x1b[31m was there")]
    )
    text = shown(session)
    assert "partly, you say met: a shared map" in text
    assert "because: It\ufffd[31m was there" in text
    assert "as you see it)" in text.splitlines()[0]


def test_the_weakest_question_names_the_next_lesson(session):
    found = report(session)
    weakest = min(found.questions, key=lambda each: each.percent)
    assert found.next_lesson == weakest.lesson


@pytest.mark.parametrize("width", [20, 40, 80])
def test_it_fits_the_terminal_and_steers_it_nowhere(session, width):
    text = shown(session, width)
    assert all(len(line) <= width for line in text.splitlines())
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert "\x1b" not in text


def test_json_is_read_back_as_the_same_report(session):
    found = report(session)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Report) == found


def test_overlapping_marks_are_one():
    assert marked("the lookup table", [(4, 10), (4, 16)]).plain == "the «lookup table»"


def test_a_place_where_nothing_was_found_is_not_marked():
    assert marked("the map", [(0, 0), (4, 7), (7, 7)]).plain == "the «map»"


def test_one_is_said_in_the_singular(session):
    session.planned, session.turns, session.minutes = session.planned[:1], session.turns[:1], 1
    assert "1 of 1 question, 3 of 1 minute" in shown(session)
    assert "1 hint taken" in shown(session)
