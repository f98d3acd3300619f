import pytest

from workbench.interview.calibration import lint


def no_problem(_line):
    return None


ANSWERS = '''[[answer]]
kind = "strong"
band = [70, 100]
text = """Server 1 looks up the user's server in a map, because the servers share no memory.
Server 7 then pushes it down the open socket."""

[[answer]]
kind = "weak"
band = [15, 55]
text = "Server 7 then pushes it down the open socket."

[[answer]]
kind = "filler"
band = [0, 10]
text = "Scalability is key here and we should think about it carefully."

[[answer]]
kind = "keywords"
band = [0, 15]
text = "map, registry, lookup, socket, push, redis"

[[answer]]
kind = "wrong"
band = [-100, 5]
text = "It is easy because both users are always on the same server."
'''


@pytest.fixture
def answers(bank):
    for name in ("rate", "draw"):
        (bank / f"{name}.toml").unlink()
    (bank / "answers").mkdir()
    return bank / "answers" / "across.toml"


def test_a_bank_whose_answers_are_in_their_bands_has_no_problem(bank, answers):
    answers.write_text(ANSWERS)
    scored, problems = lint(bank, no_problem)
    assert [each.kind for each in scored] == ["strong", "weak", "filler", "keywords", "wrong"]
    assert problems == []


def test_an_answer_outside_its_band_is_a_problem_at_the_line_of_its_band(bank, answers):
    answers.write_text(ANSWERS.replace("[15, 55]", "[60, 80]"))
    (problem,) = lint(bank, no_problem)[1]
    assert answers.read_text().splitlines()[problem.line - 1] == "band = [60, 80]"
    assert problem.text == "the weak answer gets 40 percent, outside its band 60 to 80"


def test_each_kind_of_answer_is_there(bank, answers):
    answers.write_text(ANSWERS[: ANSWERS.rindex("[[answer]]")])
    (problem,) = lint(bank, no_problem)[1]
    assert problem.text == "write an [[answer]] of kind wrong"


def test_missing_answers_are_a_problem(bank, answers):
    (problem,) = lint(bank, no_problem)[1]
    assert problem.file == answers
    assert "write five [[answer]]" in problem.text


def test_every_broken_file_is_named_not_only_the_first(bank):
    for name in ("rate", "draw"):
        (bank / f"{name}.toml").write_text("version = ")
    assert {problem.file.name for problem in lint(bank, no_problem)[1]} == {
        "across.toml",
        "draw.toml",
        "rate.toml",
    }


def test_a_command_that_does_not_exist_is_a_problem_at_its_line(bank, answers):
    answers.write_text(ANSWERS)
    problems = lint(bank, lambda line: None if "--json" in line else "no command")[1]
    (problem,) = problems
    assert problem.text == "`where alice` is no command: no command"
    assert (bank / "across.toml").read_text().splitlines()[problem.line - 1] == 'solution = ["where alice"]'
