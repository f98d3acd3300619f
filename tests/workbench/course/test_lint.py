import pytest
from lesson_text import LESSON, MATTER

from workbench.cli.language import problem_of
from workbench.course.library import Library
from workbench.course.lint import play, read
from workbench.errors import UsageProblem


def problems(course, text):
    folder = course(text)
    return [str(problem) for problem in read(Library(folder), ["01-try"], problem_of)[1]]


def test_a_good_lesson_has_no_problem(course):
    assert problems(course, LESSON) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'send alice bob "Hey"\n```\n\n```predict',
            'sent alice bob "Hey"\n```\n\n```predict',
            "no command of the workbench",
        ),
        (
            'send alice bob "Hey"\n```\n\n```predict',
            "send alice\n```\n\n```predict",
            "no command of the workbench",
        ),
        ("```hint\nUse send.\n```\n\n```hint\nFrom bob.\n```\n", "", "needs at least one `hint`"),
        ('```solution\nsend bob alice "Hey"\n```\n', "", "needs a `solution`"),
        ("needs = []", 'needs = ["09-nowhere"]', "there is no such lesson"),
        ('"two"]', f'"{"x" * 90}"]', "an option fits"),
        ("Read this.", f"    {'x' * 90}", "columns: at most 80"),
        ('send bob alice "Hey"', f'send bob alice "{"x" * 70}"', "a command fits 69 columns"),
    ],
)
def test_what_the_text_shows_is_found(course, old, new, says):
    assert old in LESSON
    found = problems(course, LESSON.replace(old, new))
    assert any(says in problem for problem in found), found
    assert all(":" in problem for problem in found)


def test_a_broken_lesson_is_named_with_its_line(course):
    (problem,) = problems(course, MATTER + "```nonsense\n```\n")
    assert problem.endswith(
        "lesson.md:7: no block is called 'nonsense': write one of run, predict, do, diagram, hint, solution, say"
    )


def test_on_a_cluster_every_solution_passes(open_room, cluster):
    room = open_room()
    assert play(room, cluster, room.lesson, lambda _step: None) == []
    assert room.record.completed


def test_a_task_that_passes_unsolved_is_found(course, open_room, cluster):
    course(LESSON.replace("at_least = 1", "at_least = 0"))
    room = open_room()
    (problem,) = play(room, cluster, room.lesson, lambda _step: None)
    assert "passes before anything was done" in problem.text


def test_a_solution_that_does_not_pass_is_found(course, open_room, cluster):
    course(LESSON.replace('```solution\nsend bob alice "Hey"', '```solution\nsend alice bob "Hey"'))
    room = open_room()
    found = play(room, cluster, room.lesson, lambda _step: None)
    assert any("the solution does not pass" in problem.text for problem in found)


@pytest.mark.parametrize(
    ("wanted", "name"), [("1", "01-try"), ("01", "01-try"), ("01-try", "01-try"), ("try", "01-try")]
)
def test_a_lesson_is_found_by_number_name_or_part(course, wanted, name):
    assert Library(course(LESSON)).find(wanted) == name


def test_an_unknown_lesson_is_answered_with_what_there_is(course):
    with pytest.raises(UsageProblem, match="01-try"):
        Library(course(LESSON)).find("nine")
