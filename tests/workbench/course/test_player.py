"""The player with a learner who presses keys by a script."""

import pytest

from workbench.course.player import Player


class Keys:
    """Gives what was scripted; where it runs out, the learner closes the terminal."""

    def __init__(self, *script):
        self.script = list(script)

    def _next(self):
        if not self.script:
            raise EOFError
        return self.script.pop(0)

    def key(self):
        return self._next()

    def line(self, _prompt, *, commands=False):  # noqa: ARG002  the protocol's
        return self._next()


@pytest.fixture
def play(open_room, cluster, paper):
    def sitting(*script):
        room = open_room()
        finished = Player(room, paper[0], Keys(*script), cluster).play()
        return finished, room, " ".join(paper[1]().split())

    return sitting


THROUGH = ("3", "\r", "\r", "\r", "2", "\r", "send bob alice hey", "\r", "\r", "\r")


def test_a_lesson_is_taken_to_its_end(play, cluster):
    finished, room, shown = play(*THROUGH)
    assert finished
    assert room.record.completed
    assert "you said 3; the run says 1" in shown
    assert cluster.lines == ['send alice bob "Hey"', "send bob alice hey"]


def test_nothing_advances_by_itself_and_other_keys_do_nothing(play):
    _, room, _ = play("3", "x", "7", "\x1b")
    assert room.record.step == 0


def test_leaving_keeps_the_place_and_a_new_sitting_goes_on(play):
    play("3", "\r", "q")
    _, room, shown = play("\r")
    assert room.record.step == 1
    assert "run it" in shown


def test_going_back_and_on(play):
    _, room, _ = play("3", "\r", "b", "q")
    assert room.record.step == 0


def test_a_wrong_answer_may_be_tried_again(play):
    _, room, shown = play("1", "\r", "\r", "\r", "1", "a", "2")
    assert "Not so: you said 'one'; it is 'two'." in shown
    assert room.record.at(2).right


def test_hint_and_solution_at_a_task_and_again_after_success(play):
    script = ("1", "\r", "\r", "\r", "2", "\r", "hint", "", "solution", "send bob alice hey", "h", "s", "\r")
    _, _, shown = play(*script)
    assert "hint 1 of 2" in shown
    assert "not yet: got 0, wanted at least 1. Nothing on alice's phone." in shown
    assert "hint 2 of 2" in shown
    assert shown.count('send bob alice "Hey"') == 2


def test_a_cluster_that_died_is_started_again_and_the_step_repeated(play, cluster):
    cluster.dies = True
    _, room, shown = play("1", "\r", "\r", "r", "\r")
    assert "The cluster has ended" in shown
    assert cluster.starts == 2
    assert room.record.at(1).state == "done"


def test_a_cluster_that_dies_in_a_task_lets_the_step_begin_anew(play, cluster):
    room_script = ("1", "\r", "\r", "\r", "2", "\r")
    play(*room_script)
    cluster.dies = True
    _, room, shown = play("send bob alice lost", "send bob alice hey", "\r")
    assert "this step begins anew" in shown
    assert room.record.at(3).state == "done"


def test_a_command_that_fails_can_be_repeated_or_skipped(play, cluster, course):
    course('+++\ntitle = "T"\npart = "S"\nminutes = 1\n+++\n```run\nnonsense\n```\n\nThe end.\n', "00-bad")
    _, room, shown = play("\r", "r", "s")
    assert "exit code 2" in shown
    assert cluster.lines == ["nonsense", "nonsense"]
    assert room.record.at(0).state == "skipped"


@pytest.mark.parametrize(
    "line",
    ["lesson", "lesson start 1", "interview start", "up", "down", "reset --yes", "workbench down"],
)
def test_what_would_start_a_second_one_or_end_the_cluster_is_refused_at_a_task(play, cluster, line):
    _, room, shown = play("1", "\r", "\r", "\r", "2", "\r", line, "send bob alice hey", "\r")
    command = line.removeprefix("workbench ").split()[0]
    assert f"`{command}` cannot be run inside a lesson: `leave` it first" in shown
    assert line not in cluster.lines
    assert room.record.at(3).state == "done"
