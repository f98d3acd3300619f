import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.course.classroom import judge
from workbench.course.lesson import Predict
from workbench.errors import UsageProblem


def predict(**way):
    return Predict(ask="?", because="!", **way)


def test_a_step_is_left_only_when_told_and_kept_over_sittings(open_room):
    room = open_room()
    assert room.record.step == 0
    room.done()
    assert open_room().record.step == 1
    assert open_room().record.at(0).state == "done"


def test_only_what_happened_since_the_step_began_counts(open_room, cluster):
    cluster.perform("send bob alice early")
    room = open_room()
    room.move(3)
    assert not room.check(settle_s=0)[0].passed
    cluster.perform("send bob alice now")
    assert room.check(settle_s=0)[0].passed


def test_a_prediction_is_answered_by_the_run_that_follows(open_room, cluster):
    room = open_room()
    assert room.predict("2").right is None
    room.done()
    room.begin_step()
    cluster.perform("send alice bob hey")
    ((step, judged),) = room.resolve_predictions()
    assert step.kind == "predict"
    assert judged.right is False
    assert judged.said == "you said 2; the run says 1"


def test_hints_come_in_tiers_and_begin_again(open_room):
    room = open_room()
    room.move(3)
    assert [room.hint() for _ in range(3)] == [
        "hint 1 of 2: Use send.",
        "hint 2 of 2: From bob.",
        "hint 1 of 2: Use send.",
    ]
    room.done()
    room.move(-1)
    assert room.hint() == "hint 2 of 2: From bob."  # read again after success


def test_the_last_step_completes_the_lesson(open_room):
    room = open_room()
    assert [room.done() for _ in range(6)] == [True, True, True, True, True, False]
    assert room.record.completed


def test_skipping_is_noted_and_does_not_undo_what_was_done(open_room):
    room = open_room()
    room.done()
    room.move(-1)
    room.done("skipped")
    assert room.record.at(0).state == "done"
    room.done("skipped")
    assert room.record.at(1).state == "skipped"


@pytest.mark.parametrize(
    ("block", "answer", "right"),
    [
        (predict(number=1_160_000, unit="message/second", within=2), "1.2M messages/s", True),
        (predict(number=1_160_000, unit="message/second", within=2), "70 million per minute", True),
        (predict(number=1_160_000, unit="message/second", within=2), "3M/s", False),
        (predict(number=20, unit="TB/day", within=2), "240 MB/s", True),
        (predict(choice=["a", "b"], answer=2), "2", True),
        (predict(choice=["a", "b"], answer=2), "1", False),
    ],
)
def test_an_answer_is_right_within_its_factor_in_any_unit(block, answer, right):
    assert judge(block, answer, []).right is right


@pytest.mark.parametrize(
    ("block", "answer"),
    [
        (predict(number=5, unit="TB/day"), ""),
        (predict(number=5, unit="TB/day"), "many"),
        (predict(number=5, unit="TB/day"), "5 messages"),
        (predict(number=5), "x" * 3000),
        (predict(choice=["a", "b"], answer=2), "b"),
        (predict(choice=["a", "b"], answer=2), "3"),
        (predict(order=["a", "b"]), "1 1"),
        (predict(order=["a", "b"]), "2"),
        (predict(journal="length(@)"), "some"),
    ],
)
def test_what_is_no_answer_is_refused_with_a_sentence(block, answer):
    with pytest.raises(UsageProblem):
        judge(block, answer, block.order)


@given(st.permutations(["a", "b", "c", "d"]))
def test_only_the_right_order_is_right(shown):
    block = predict(order=["a", "b", "c", "d"])
    places = " ".join(str(shown.index(each) + 1) for each in block.order)
    assert judge(block, places, shown).right
    wrong = " ".join(reversed(places.split()))
    assert judge(block, wrong, shown).right is False


def test_things_to_order_are_never_shown_in_order(open_room, course):
    block = '```predict\nask = "Sort."\norder = ["a", "b"]\nbecause = "x"\n```\n'
    course('+++\ntitle = "T"\npart = "S"\nminutes = 1\n+++\n' + block, "02-order")
    room = open_room("02-order")
    assert room.shuffled() == ["b", "a"] == room.shuffled()
