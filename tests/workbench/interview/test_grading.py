from workbench.interview.grading import Overruling, choose_follow_ups, grade, grade_follow_up, overrule
from workbench.interview.questions import read_question
from workbench.interview.score import Verdict

MAP = "Server 1 looks up the user's server in a map, because the servers share no memory."
PUSH = "Server 7 then pushes it down the open socket."


def test_text_is_worth_what_its_rubric_says(bank):
    question = read_question(bank / "across.toml")
    assert grade(question, f"{MAP} {PUSH}").percent == 100
    assert grade(question, PUSH).percent == 40
    assert grade(question, "map registry socket push lookup").percent == 0


def test_a_wrong_answer_scores_below_zero(bank):
    question = read_question(bank / "across.toml")
    assert grade(question, "It is easy because both users are always on the same server.").percent == -80


def test_a_number_is_worth_half_and_the_way_to_it_the_other_half(bank):
    question = read_question(bank / "rate.toml")
    assert grade(question, "1.2M messages/s").percent == 50
    assert grade(question, "I divide the messages of a day by its seconds.").percent == 50
    assert grade(question, "I divide the messages of a day by its seconds: 1.2M messages/s.").percent == 100


def test_links_without_a_rubric_are_worth_all(bank):
    assert grade(read_question(bank / "draw.toml"), "phone -> lb -> chat").percent == 66.7


def test_links_with_a_rubric_are_worth_half_and_only_prose_is_read_for_it(bank):
    file = bank / "draw.toml"
    rubric = '[[rubric]]\nid = "way"\nsays = "the way"\nmechanism = ["balancer + spread"]\n[architecture]'
    file.write_text(file.read_text().replace("[architecture]", rubric, 1))
    question = read_question(file)
    drawn = "phone -> lb -> chat -> redis"
    assert grade(question, drawn).percent == 50
    assert grade(question, f"{drawn}\nThe balancer is there to spread the phones.").percent == 100


def test_follow_ups_are_chosen_by_what_the_answer_lacked(bank):
    question = read_question(bank / "across.toml")
    assert choose_follow_ups(question, grade(question, PUSH)) == [0]
    assert choose_follow_ups(question, grade(question, MAP)) == [2]
    both = "It is easy because both users are always on the same server."
    assert choose_follow_ups(question, grade(question, both)) == [0, 1]


def test_at_most_two_follow_ups_are_asked(bank):
    file = bank / "draw.toml"
    file.write_text(
        file.read_text()
        + file.read_text()[file.read_text().rindex("[[follow_up]]\n") :].replace("shared", "third")
    )
    question = read_question(file)
    assert len(question.follow_up) == 3
    assert choose_follow_ups(question, grade(question, "a -> b")) == [0, 1]


def test_a_follow_up_has_its_own_rubric(bank):
    question = read_question(bank / "across.toml")
    assert grade_follow_up(question.follow_up[0], "It queries the shared redis for the user.").percent == 100


def test_overruling_an_item_counts_it_as_the_learner_says(bank):
    graded = grade(read_question(bank / "across.toml"), PUSH)
    seen = overrule(graded, [Overruling("map", Verdict.MET, "I said it otherwise")])
    assert (graded.percent, seen.percent) == (40, 100)


def test_a_wrong_answer_can_be_overruled_as_not_said(bank):
    graded = grade(
        read_question(bank / "across.toml"), f"{MAP} {PUSH} Both users are on the same server by chance."
    )
    assert graded.percent == 20
    assert overrule(graded, [Overruling("same-server", Verdict.MISSED, "by chance, I said")]).percent == 100


def test_overruling_keeps_the_half_of_a_number(bank):
    graded = grade(read_question(bank / "rate.toml"), "1.2M messages/s")
    assert overrule(graded, [Overruling("divide", Verdict.PARTLY, "x")]).percent == 75
