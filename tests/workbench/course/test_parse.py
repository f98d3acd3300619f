import pytest
from hypothesis import given
from hypothesis import strategies as st
from lesson_text import LESSON, MATTER

from workbench.course.lesson import Diagram, Do, Predict, Run, Say
from workbench.course.parse import parse
from workbench.documents import DocumentProblem


def test_a_lesson_is_cut_into_steps_with_prose_and_block():
    lesson = parse("01-try", LESSON, "lesson.md")
    assert [step.kind for step in lesson.steps] == ["predict", "run", "predict", "do", "say", "read"]
    assert lesson.steps[0].prose == "Why this matters."
    assert lesson.steps[3].prose == "## Now you"
    assert lesson.steps[3].hints == ["Use send.", "From bob."]
    assert lesson.steps[3].solution == ['send bob alice "Hey"']
    assert lesson.steps[1].block == Run(['send alice bob "Hey"'])
    assert lesson.steps[5].prose.startswith("## The end")


def test_other_fences_are_only_shown():
    (step,) = parse("01-try", MATTER + "Look:\n\n```text\nsend\n```\n", "lesson.md").steps
    assert step.block is None
    assert "send" in step.prose


def test_a_step_knows_the_lines_of_its_prose_and_its_block():
    lesson = parse("01-try", LESSON, "lesson.md")
    lines = LESSON.splitlines()
    for step in lesson.steps:
        if step.block is not None:
            assert lines[step.block_line - 1] == f"```{step.kind}"


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ("```rum\nsend a b c\n```", 7, "no block is called 'rum'"),
        ("```run\n\n```", 7, "an empty block"),
        ("```hint\nHm.\n```", 7, "directly behind a `do` or a `predict`"),
        ("```do\ntask = 'x'\n```", 8, "missing required field `check`"),
        ("```do\ntask = 'x'\ncheck = []\n```", 8, "at least one"),
        ("```predict\nask = 'x'\nbecause = 'y'\n```", 8, "exactly one of"),
        ("```predict\nask = 'x'\nbecause = 'y'\nchoice = ['a']\nanswer = 2\n```", 8, "1 to 1"),
        ("```predict\nask = 'x'\nbecause = 'y'\nnumber = 1\nwithin = 0.5\n```", 8, "factor of 1 or more"),
        ("```say\nsay = 'x'\n```", 8, "trade_off"),
        ("```say\nsay = 'x'\n\nsey = 'y'\n```", 10, "unknown field `sey`"),
        ("```say\nsay = x\n```", 8, "no TOML"),
        (
            "```do\ntask = 'x'\n[[check]]\njournal = '['\nequals = 1\nwhy = 'z'\n```",
            9,
            "no JMESPath expression",
        ),
        (
            "```do\ntask = 'x'\n[[check]]\ncommand = 'status'\nfind = '@'\nequals = 1\nwhy = 'z'\n```",
            9,
            "needs `--json`",
        ),
        ("```do\ntask = 'x'\n[[check]]\njournal = '@'\nwhy = 'z'\n```", 9, "exactly one of `equals`"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_write(body, line, says):
    with pytest.raises(DocumentProblem) as caught:
        parse("01-try", MATTER + body, "lesson.md")
    assert (caught.value.file, caught.value.line) == ("lesson.md", line)
    assert says in caught.value.text


@pytest.mark.parametrize("text", ["", "no front matter", "+++\ntitle = 'x'\n", MATTER])
def test_a_lesson_without_front_matter_or_body_is_refused(text):
    with pytest.raises(DocumentProblem):
        parse("01-try", text, "lesson.md")


@given(st.text(alphabet="`\n#ado run=[]'x", max_size=200))
def test_any_body_parses_or_is_a_problem_of_the_document(body):
    try:
        steps = parse("01-try", MATTER + body, "lesson.md").steps
    except DocumentProblem as problem:
        steps, line = [], problem.line
    else:
        line = steps[0].line
    assert 1 <= line <= 7 + body.count("\n")
    assert all(isinstance(step.block, Run | Predict | Do | Diagram | Say | None) for step in steps)
