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


@pytest.fixture
def spoil(bank, answers):
    """Lints with a piece of the question or of its answers replaced; gives the line (in text) and the complaint."""
    answers.write_text(ANSWERS)

    def spoil(old, new):
        for file in (bank / "across.toml", answers):
            file.write_text(file.read_text().replace(old, new, 1))
        (problem,) = [each for each in lint(bank, no_problem)[1] if "outside its band" not in each.text]
        return problem.file.read_text().splitlines()[problem.line - 1], problem.text

    return spoil


def test_a_plus_without_spaces_joins_nothing(spoil):
    line, said = spoil('"ask|query + redis"', '"ask|query+redis"')
    assert line == 'mechanism = ["ask|query+redis"]'
    assert said == "`+` joins terms only between spaces: write `ask|query + redis`, not `ask|query+redis`"


@pytest.mark.parametrize("crowded", ["share+ memory", "share +memory", "share + memory +"])
def test_nor_does_one_with_a_space_on_one_side(spoil, crowded):
    _, said = spoil('"not|no + share + memory"', f'"not|no + {crowded}"')
    assert "`+` joins terms only between spaces" in said


def test_a_plus_in_a_regular_expression_is_one(bank, answers):
    answers.write_text(ANSWERS)
    file = bank / "across.toml"
    file.write_text(
        file.read_text().replace('"ask|query + redis"', '"/quer(y|ies)+/ + redis", "ask|/a+/ + it"')
    )
    assert lint(bank, no_problem)[1] == []


def test_an_id_is_small_and_plain(spoil):
    line, said = spoil('id = "ask-redis"', 'id = "Ask Redis!"')
    assert line == 'id = "Ask Redis!"'
    assert "write `ask-redis`, not `Ask Redis!`" in said


def test_a_file_is_named_by_an_id(bank, answers):
    answers.with_name("Across_1.toml").write_text(ANSWERS)
    (bank / "across.toml").rename(bank / "Across_1.toml")
    (problem,) = lint(bank, no_problem)[1]
    assert "rename the file" in problem.text
    assert "such as across-1.toml" in problem.text


@pytest.mark.parametrize(("model", "words"), [("Too short.", 2), ("word " * 261, 261)])
def test_a_model_answer_is_as_long_as_one_speaks(bank, answers, model, words):
    answers.write_text(ANSWERS)
    file = bank / "across.toml"
    begin, end = file.read_text().index("model = "), file.read_text().index("[[rubric]]")
    file.write_text(f'{file.read_text()[:begin]}model = "{model}"\n{file.read_text()[end:]}')
    (problem,) = lint(bank, no_problem)[1]
    assert problem.text.startswith(f"the model answer has {words} words: write 60 to 260")
    assert file.read_text().splitlines()[problem.line - 1].startswith("model = ")


def test_a_wrong_answer_costs_something(spoil):
    line, said = spoil("costs = 4", "costs = 0")
    assert line == "costs = 0"
    assert "write `costs = 2`" in said


def test_a_lesson_is_one_of_the_course_in_whose_folder_the_bank_lies(bank, spoil):
    lesson = bank.parent / "01-here" / "lesson.md"
    lesson.parent.mkdir()
    lesson.touch()
    line, said = spoil("minutes = 5", "minutes = 4")
    assert line == 'lesson = "03-server-1-to-server-7"'
    assert said == "there is no lesson '03-server-1-to-server-7': write one of 01-here"


def test_bands_order_the_answers(spoil):
    line, said = spoil("[15, 55]", "[0, 100]")
    assert line == "band = [0, 10]"
    assert said == "the band of filler lies below that of weak, at both ends"


def test_the_same_answer_does_not_stand_twice(spoil):
    line, said = spoil(
        "map, registry, lookup, socket, push, redis", "Server 7 then pushes it\\ndown the open socket."
    )
    assert line.startswith("text = ")
    assert said == "this is answer 2 again: write another one, of kind keywords"


def test_a_command_that_does_not_exist_is_a_problem_at_its_line(bank, answers):
    answers.write_text(ANSWERS)
    problems = lint(bank, lambda line: None if "--json" in line else "no command")[1]
    (problem,) = problems
    assert problem.text == "`where alice` is no command: no command"
    assert (bank / "across.toml").read_text().splitlines()[problem.line - 1] == 'solution = ["where alice"]'
