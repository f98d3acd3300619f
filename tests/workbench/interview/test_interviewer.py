import io

import pytest
from rich.console import Console

from workbench.course.checks import Outcome
from workbench.errors import Exit, NoClusterError
from workbench.interview.interviewer import Interviewer
from workbench.interview.questions import load_bank
from workbench.interview.score import MAX_ANSWER, Verdict
from workbench.interview.session import VERSION, Session, plan
from workbench.interview.showing import Live
from workbench.interview.store import Store
from workbench.interview.terminal import ENTER, InterruptedAnswer, Said

MAP = "Server 1 looks up the user's server in a map, because the servers share no memory."
PUSH = "Server 7 then pushes it down the open socket."


class Script:
    """A learner who says one thing after the other; what is missing at the end is an error of the test."""

    def __init__(self, *said, each_takes=0.0):
        self.said = list(said)
        self.drafts = []
        self.now = 0.0
        self.each_takes = each_takes

    def _next(self):
        self.now += self.each_takes
        said = self.said.pop(0)
        if isinstance(said, BaseException):
            raise said
        return said

    def answer(self, draft=""):
        self.drafts.append(draft)
        said = self._next()
        return said if isinstance(said, Said) else Said("answer", said)

    def key(self, _prompt, keys):
        key = self._next()
        assert key in [*keys, ENTER]
        return key

    def line(self, _prompt):
        return self._next()


@pytest.fixture
def hold(bank, tmp_path):
    """Holds an interview on these questions, and gives the exit code, the session as saved, and what was shown."""

    def hold(script, *ids, session=None, minutes=30, live=None):
        known = {question.id: question for question in load_bank(bank)}
        session = session or Session(
            version=VERSION,
            id="2026-01-31-0915",
            started="2026-01-31T09:15:00+00:00",
            minutes=minutes,
            focus=None,
            seed=1,
            bank=str(bank),
            planned=[plan(known[name]) for name in ids],
        )
        out = Console(file=io.StringIO(), width=80, highlight=False)
        store = Store(tmp_path / "home")
        code = Interviewer(session, known, store, script, out, clock=lambda: script.now, live=live).run()
        assert not script.said, "not all was asked for"
        return code, store.load(session.id), out.file.getvalue()

    return hold


def test_an_interview_asks_follows_up_and_ends_with_the_next_lesson(hold):
    code, session, shown = hold(Script(PUSH, "It queries redis for the user.", ENTER), "across")
    assert code is Exit.DONE
    assert session.finished
    assert [(turn.follow_up, turn.percent) for turn in session.turns] == [(None, 40.0), (0, 100.0)]
    assert "How does server 1 find out?" in shown
    assert "workbench lesson start 03-server-1-to-server-7" in shown


def test_the_score_is_shown_only_after_the_follow_ups(hold):
    _, _, shown = hold(Script(PUSH, "It queries redis for the user.", ENTER), "across")
    assert shown.index("How does server 1 find out?") < shown.index("a shared map tells")


def test_hints_are_given_one_by_one_and_what_was_written_stays(hold):
    hint = Said("hint", "half a sentence")
    script = Script(hint, hint, hint, PUSH, Said("skip", ""), ENTER)
    _, session, shown = hold(script, "across")
    assert script.drafts[1] == "half a sentence"
    assert [turn.hints for turn in session.turns] == [2, 0]
    assert "Hint: Who knows where Bob is?" in shown
    assert "No hint is left." in shown


def test_an_empty_answer_is_asked_for_again_once_and_then_skipped(hold):
    _, session, shown = hold(Script("", "  \n", ENTER), "across")
    assert shown.count("Nothing yet") == 1
    assert [turn.state for turn in session.turns] == ["skipped"]


def test_an_answer_that_is_too_long_is_refused_and_asked_for_again(hold):
    _, session, shown = hold(
        Script("x" * (MAX_ANSWER + 1), "1.2M messages/s", Said("skip", ""), Said("skip", ""), ENTER), "rate"
    )
    assert "at most 20,000 characters" in shown
    assert session.turns[0].answer == "1.2M messages/s"


def test_an_interrupted_answer_is_kept_as_a_draft_and_offered_again(hold):
    code, session, shown = hold(Script(InterruptedAnswer("Server 7 then")), "across")
    assert code is Exit.INTERRUPTED
    assert session.draft == "Server 7 then"
    assert "workbench interview resume" in shown
    again = Script(PUSH, Said("skip", ""), ENTER)
    code, session, _ = hold(again, session=session)
    assert again.drafts == ["Server 7 then", ""]
    assert code is Exit.DONE
    assert session.draft == ""


def test_who_leaves_goes_on_in_the_same_place(hold):
    code, session, _ = hold(Script(PUSH, Said("quit", "It")), "across", "rate")
    assert code is Exit.DONE
    assert (len(session.turns), session.draft, session.finished) == (1, "It", False)
    _, session, shown = hold(Script("It queries redis for it.", "q"), session=session)
    assert "Follow-up" in shown
    assert len(session.turns) == 2
    assert not session.finished


def test_it_ends_when_the_minutes_are_used_up(hold):
    code, session, shown = hold(Script(Said("skip", ""), ENTER, each_takes=61.0), "across", "rate", minutes=1)
    assert code is Exit.DONE
    assert session.finished
    assert session.elapsed_s == 61.0
    assert "The minute is used up" in shown


def test_when_the_minutes_end_before_a_follow_up_the_answer_is_reviewed_all_the_same(hold):
    _, session, shown = hold(Script(PUSH, ENTER, each_takes=61.0), "across", minutes=1)
    assert len(session.turns) == 1
    assert "a shared map tells" in shown


def test_time_away_does_not_count(hold):
    script = Script(InterruptedAnswer("Server 7"), each_takes=10.0)
    _, session, _ = hold(script, "across")
    again = Script(PUSH, Said("skip", ""), ENTER, each_takes=10.0)
    again.now = 99_999.0
    _, session, _ = hold(again, session=session)
    assert session.elapsed_s == 30.0


def test_the_model_answer_comes_at_a_key(hold):
    _, _, shown = hold(
        Script("1.2M messages/s", "Three times the average.", "It is divided by seconds.", "m", ENTER), "rate"
    )
    assert "Model answer" in shown
    assert "The working: 100 billion / 86,400" in shown
    assert "Three times as many." in shown


def test_an_item_is_overruled_with_a_reason_and_both_scores_are_shown(hold):
    script = Script(PUSH, Said("skip", ""), "o", "map", "m", "I meant it", ENTER)
    _, session, shown = hold(script, "across")
    (overruling,) = session.turns[0].overrulings
    assert (overruling.item, overruling.verdict, overruling.reason) == ("map", Verdict.MET, "I meant it")
    assert "40% (100% as you see it)" in shown


@pytest.mark.parametrize("said", [["mop"], ["map", "q"], ["map", "m", " "]])
def test_an_overruling_without_item_verdict_or_reason_changes_nothing(hold, said):
    _, session, _ = hold(Script(PUSH, Said("skip", ""), "o", *said, ENTER), "across")
    assert session.turns[0].overrulings == []


def test_an_architecture_is_drawn_at_once(hold):
    _, _, shown = hold(Script("client -> lb -> chat", Said("skip", ""), Said("skip", ""), ENTER), "draw")
    before, _, after = shown.partition("Why the balancer?")
    drawn = [line for line in before.splitlines() if "▶" in line]
    assert len(drawn) == 2
    assert "load balancer" in before
    assert "missing" not in before
    assert "missing: chat server -> redis" in after


class Cluster:
    """A cluster on which commands are noted, and checks pass once `where alice` was run."""

    def __init__(self, *, up=True, dies=False):
        self.up = up
        self.dies = dies
        self.ran = []

    def live(self):
        return Live(lambda: self.up, self.ran.append, lambda: self.check)

    def check(self, checks):
        if self.dies:
            raise NoClusterError("no cluster is running")
        passed = "workbench where alice" in self.ran
        return [
            Outcome(passed=passed, wanted="true", got=str(passed).lower(), why=each.why) for each in checks
        ]


def test_a_follow_up_is_shown_on_the_cluster(hold):
    cluster = Cluster()
    script = Script(MAP, "", "workbench where alice", "", ENTER)
    _, session, shown = hold(script, "across", live=cluster.live())
    assert cluster.ran == ["workbench where alice"]
    assert "not shown: wanted true, got false" in shown
    assert (session.turns[1].percent, session.turns[1].answer) == (100.0, "workbench where alice")


@pytest.mark.parametrize("line", ["interview start", "lesson", "up", "workbench up --speed 2"])
def test_what_would_start_a_second_one_is_refused_while_showing(hold, line):
    cluster = Cluster()
    _, session, shown = hold(
        Script(MAP, line, "workbench where alice", "", ENTER), "across", live=cluster.live()
    )
    command = line.removeprefix("workbench ").split()[0]
    assert f"`{command}` would start another one inside this interview: `:quit` leaves it first." in " ".join(
        shown.split()
    )
    assert cluster.ran == ["workbench where alice"]
    assert session.turns[1].answer == "workbench where alice"


def test_checks_that_fail_are_taken_as_they_are_at_a_second_enter(hold):
    _, session, _ = hold(Script(MAP, "status", "", "", ENTER), "across", live=Cluster().live())
    assert session.turns[1].percent == 0.0


@pytest.mark.parametrize("live", [None, Cluster(up=False).live()])
def test_without_a_cluster_it_is_told_in_words_and_not_scored(hold, live):
    _, session, shown = hold(Script(MAP, "I would type where alice", ENTER), "across", live=live)
    assert "No cluster runs here" in shown
    assert session.turns[1].percent is None
    assert "recorded, not scored" in shown


def test_a_cluster_that_dies_in_between_is_said_and_words_do(hold):
    script = Script(MAP, "where alice", "", "The map has it.", ENTER)
    _, session, shown = hold(script, "across", live=Cluster(dies=True).live())
    assert "It cannot be checked (no cluster is running)" in shown
    assert session.turns[1].answer == "The map has it."
