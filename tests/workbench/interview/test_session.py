import pytest

from workbench.errors import UsageProblem
from workbench.interview.grading import Overruling, grade
from workbench.interview.questions import load_bank
from workbench.interview.score import Verdict
from workbench.interview.session import (
    VERSION,
    Session,
    Turn,
    choose,
    next_ask,
    percent_of_question,
    plan,
    with_overruling,
)


def start(questions):
    return Session(
        version=VERSION,
        id="2026-01-31-0915",
        started="2026-01-31T09:15:00+00:00",
        minutes=30,
        focus=None,
        seed=1,
        bank="bank",
        planned=[plan(question) for question in questions],
    )


def answered(question, text, follow_up=None):
    graded = grade(question, text) if follow_up is None else None
    return Turn(
        question=question.id,
        follow_up=follow_up,
        ask="?",
        answer=text,
        state="answered",
        seconds=1,
        grade=graded,
    )


def test_the_time_is_filled_and_not_exceeded(bank):
    questions = load_bank(bank)
    assert [each.id for each in choose(questions, 15, None, 1)] == ["across", "draw", "rate"]
    for seed in range(20):
        assert sum(each.minutes for each in choose(questions, 10, None, seed)) <= 10


def test_the_same_seed_draws_the_same_questions(bank):
    questions = load_bank(bank)
    assert choose(questions, 6, None, 7) == choose(questions, 6, None, 7)
    assert len({choose(questions, 6, None, seed)[0].id for seed in range(20)}) > 1


def test_a_focus_leaves_other_topics_out(bank):
    assert [each.topic for each in choose(load_bank(bank), 60, "estimates", 1)] == ["estimates"]


def test_an_unknown_focus_names_the_topics(bank):
    with pytest.raises(UsageProblem, match="topics are routing, map, estimates"):
        choose(load_bank(bank), 60, "cooking", 1)


def test_whoever_has_one_minute_is_asked_something(bank):
    assert [each.id for each in choose(load_bank(bank), 1, None, 1)] == ["rate"]


def test_a_question_is_followed_by_its_follow_ups_then_by_the_next(bank):
    questions = load_bank(bank)
    known = {question.id: question for question in questions}
    across = known["across"]
    session = start([across, known["draw"]])
    assert (next_ask(session, known).question.id, next_ask(session, known).at) == ("across", None)
    session.turns.append(answered(across, "It is easy because both users are always on the same server."))
    assert next_ask(session, known).at == 0
    session.turns.append(answered(across, "It asks.", 0))
    assert next_ask(session, known).at == 1
    session.turns.append(answered(across, "Gone.", 1))
    assert next_ask(session, known).question.id == "draw"


def test_a_skipped_question_has_no_follow_up_and_counts_nothing(bank):
    known = {question.id: question for question in load_bank(bank)}
    session = start([known["across"]])
    session.turns.append(
        Turn(question="across", follow_up=None, ask="?", answer="", state="skipped", seconds=1)
    )
    assert next_ask(session, known) is None
    assert percent_of_question(session.turns) == 0


def test_a_question_that_left_the_bank_is_passed_over(bank):
    known = {question.id: question for question in load_bank(bank)}
    session = start([known["across"], known["rate"]])
    del known["across"]
    assert next_ask(session, known).question.id == "rate"


def test_an_answer_that_nothing_decides_does_not_count(bank):
    known = {question.id: question for question in load_bank(bank)}
    turns = [answered(known["rate"], "1.2M messages/s"), answered(known["rate"], "in words", 0)]
    assert percent_of_question(turns) == 50


def test_both_scores_are_kept_and_the_last_overruling_of_an_item_holds(bank):
    known = {question.id: question for question in load_bank(bank)}
    session = start([known["rate"]])
    session.turns.append(answered(known["rate"], "1.2M messages/s"))
    with_overruling(session, "rate", Overruling("divide", Verdict.PARTLY, "a"))
    with_overruling(session, "rate", Overruling("divide", Verdict.MET, "b"))
    (turn,) = session.turns
    assert (turn.percent, turn.percent_overruled) == (50, 100)
    assert [each.reason for each in turn.overrulings] == ["b"]


def test_an_unknown_item_is_refused_with_those_there_are(bank):
    known = {question.id: question for question in load_bank(bank)}
    session = start([known["rate"]])
    session.turns.append(answered(known["rate"], "1.2M messages/s"))
    with pytest.raises(UsageProblem, match="there is divide"):
        with_overruling(session, "rate", Overruling("nothing", Verdict.MET, "a"))
    with pytest.raises(UsageProblem, match="no scored answer to 'draw' in this interview: there is rate"):
        with_overruling(session, "draw", Overruling("nothing", Verdict.MET, "a"))
