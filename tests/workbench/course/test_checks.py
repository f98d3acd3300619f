import pytest

from workbench.course.checks import Check, evaluate

EVENTS = [{"kind": "message_shown", "facts": {"user": "bob", "seq": 3}}]


def judged(**condition):
    return evaluate(Check(why="because", **condition), EVENTS, {"where bob --json": {"ring": "chat-3"}}.get)


def test_a_check_over_the_journal_says_got_wanted_and_why():
    passed = judged(journal="[?kind=='message_shown'] | length(@)", at_least=1)
    assert passed.passed
    failed = judged(journal="[?kind=='message_sent'] | length(@)", at_least=2)
    assert failed.passed is False
    assert failed.sentence == "not yet: got 0, wanted at least 2. because"


def test_a_check_over_a_command_looks_at_its_answer():
    assert judged(command="where bob --json", find="ring", equals="chat-3").passed
    assert judged(command="where bob --json", find="ring", equals="chat-1").passed is False


def test_what_could_not_be_observed_is_unknown_and_no_pass():
    outcome = evaluate(
        Check(why="w", command="x --json", find="a", equals=1),
        [],
        lambda _line: "nothing: no cluster is running",
    )
    assert outcome.passed is None
    assert outcome.sentence.startswith("unknown: got nothing: no cluster")


@pytest.mark.parametrize("expression", ["[0].facts.nothing", "[?kind=='x'].facts.seq | max(@)"])
def test_nothing_found_is_no_pass(expression):
    assert judged(journal=expression, at_least=1).passed is False


def test_an_expression_that_fails_on_the_data_is_unknown():
    assert judged(journal="abs(@)", at_least=1).passed is None
