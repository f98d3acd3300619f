import pytest

from workbench.documents import DocumentProblem
from workbench.errors import UsageProblem
from workbench.interview.questions import inspect_question, load_bank, read_question


@pytest.fixture
def spoil(bank):
    """Reads the question with a piece of it replaced, and gives the line (in text) and the complaint."""

    def spoil(old, new, name="across"):
        file = bank / f"{name}.toml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
        with pytest.raises(DocumentProblem) as caught:
            read_question(file)
        assert str(file) in str(caught.value)
        return file.read_text().splitlines()[caught.value.line - 1], caught.value.text

    return spoil


def test_a_bank_is_read_in_the_order_of_its_files_and_ids_are_their_names(bank):
    assert [question.id for question in load_bank(bank)] == ["across", "draw", "rate"]


def test_a_folder_without_questions_is_refused(tmp_path):
    with pytest.raises(UsageProblem, match="no questions in"):
        load_bank(tmp_path / "nowhere")


def test_another_version_is_refused_with_the_one_that_is_understood(spoil):
    line, said = spoil("version = 1", 'version = 2\nnews = "x"')
    assert line == "version = 2"
    assert "reads version 1" in said


def test_a_condition_may_only_name_items_of_the_rubric(spoil):
    line, said = spoil('met = ["map"]', 'met = ["mop"]')
    assert line == 'when = { met = ["mop"] }'
    assert "`mop` is no item of [[rubric]]: there is map, push" in said


def test_a_condition_on_wrong_answers_may_only_name_those(spoil):
    _, said = spoil('wrong = ["same-server"]', 'wrong = ["map"]')
    assert "`map` is no id of [[wrong]]: there is same-server" in said


def test_a_condition_that_never_holds_is_refused(spoil):
    line, said = spoil('when = { missed = ["map"] }', "when = {}")
    assert line == "when = {}"
    assert "`when` is empty" in said


def test_a_question_has_two_follow_ups_or_more(spoil, bank):
    text = (bank / "rate.toml").read_text()
    (bank / "rate.toml").write_text(text[: text.rindex("[[follow_up]]")])
    _, said = spoil("minutes = 4", "minutes = 3", "rate")
    assert "at least 2 [[follow_up]]; this has 1" in said


def test_a_number_question_needs_its_number(spoil):
    line, said = spoil('kind = "text"', 'kind = "number"')
    assert line == 'kind = "number"'
    assert "needs a [number] table" in said


def test_a_table_of_another_kind_is_refused(spoil):
    line, said = spoil('kind = "number"', 'kind = "text"', "rate")
    assert line == "[number]"
    assert 'belongs to a question of kind = "number"' in said


def test_an_unknown_unit_is_refused(spoil):
    _, said = spoil('unit = "message/second"', 'unit = "furlong/fortnight"', "rate")
    assert "'furlong/fortnight' is no unit: write one such as message/second" in said


def test_a_link_without_an_arrow_is_refused(spoil):
    _, said = spoil("phone -> s3", "phone s3", "draw")
    assert "write `phone -> chat server`" in said


def test_an_unknown_field_is_refused_at_its_line(spoil):
    line, said = spoil("points = 3", "marks = 3")
    assert line == "marks = 3"
    assert "unknown field `marks`" in said


def test_a_check_compares_once(spoil):
    line, said = spoil("equals = true", "equals = true\nat_least = 1")
    assert line == "[[follow_up.show.check]]"
    assert "exactly one of `equals`, `at_least`, `at_most`" in said


def test_an_id_stands_once_in_a_file(spoil):
    line, said = spoil('id = "ask-redis"', 'id = "map"')
    assert line == 'id = "map"'
    assert "an id stands once in a file" in said


def test_the_line_of_a_mistake_in_the_second_follow_up_is_there(spoil):
    line, _ = spoil('mechanism = ["everybody|all + gone|offline"]', 'mechanism = ["everybody|"]')
    assert line == "[[follow_up.rubric]]"


def test_a_file_that_is_no_text_is_refused(bank):
    (bank / "across.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DocumentProblem, match="save it as UTF-8"):
        read_question(bank / "across.toml")


def test_all_mistakes_are_listed_for_the_lint(bank):
    file = bank / "across.toml"
    file.write_text(
        file.read_text()
        .replace('met = ["map"]', 'met = ["x", "y"]')
        .replace('missed = ["map"]', 'missed = ["z"]')
    )
    _, problems = inspect_question(file)
    assert [problem.text[:3] for problem in problems] == ["`z`", "`x`", "`y`"]
