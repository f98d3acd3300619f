import io
import json
import os
import sys
from pathlib import Path

import pexpect
import pytest

from workbench.cli.context import Workbench
from workbench.cli.main import run
from workbench.errors import Exit

ROOT = Path(__file__).parents[3]

QUESTION = '''version = 1
topic = "routing"
title = "From server 1 to server 7"
kind = "text"
minutes = 5
lesson = "03-server-1-to-server-7"
part = "Step 3"
ask = "How does a message get across?"
hints = ["Who knows where Bob is?"]
model = """Server 1 looks Bob up in a map that all servers share, because it knows nothing but its own
sockets, and it finds that server 7 holds his. It hands the message to the log, and a worker takes it from there, writes
the row, and asks server 7 to push it down the socket. If Bob has moved meanwhile, the push finds nobody, and the worker
looks him up again."""
[[rubric]]
id = "map"
says = "a shared map tells which server holds a socket"
mechanism = ["look up|ask + server"]
[[rubric]]
id = "push"
says = "server 7 pushes down the socket"
mechanism = ["push|send + socket"]
[[follow_up]]
when = { missed = ["map"] }
ask = "How does server 1 find out?"
model = "It asks redis."
[[follow_up.rubric]]
id = "ask-redis"
says = "it asks redis"
mechanism = ["ask|query + redis"]
[[follow_up]]
when = { met = ["map"] }
ask = "What if redis is empty?"
model = "Then he is offline."
[[follow_up.rubric]]
id = "offline"
says = "he counts as offline"
mechanism = ["count|treat + offline"]
'''
ANSWERS = "".join(
    f'[[answer]]\nkind = "{kind}"\nband = [{low}, {high}]\ntext = "{text}"\n'
    for kind, low, high, text in (
        ("strong", 70, 100, "It looks up the server in a map. Server 7 pushes it down the socket."),
        ("weak", 15, 55, "Server 7 pushes it down the socket."),
        ("filler", 0, 10, "It depends."),
        ("keywords", 0, 15, "map, look up, server, push, socket"),
        ("wrong", -100, 5, "It is all on one box."),
    )
)


@pytest.fixture
def bank(tmp_path):
    folder = tmp_path / "bank"
    (folder / "answers").mkdir(parents=True)
    (folder / "across.toml").write_text(QUESTION)
    (folder / "answers" / "across.toml").write_text(ANSWERS)
    return folder


@pytest.fixture
def interview(bank, tmp_path, capsys):
    """Runs `interview ...` on the bank, and gives exit code, stdout and stderr."""

    def interview(command, *arguments):
        with_bank = ["--bank", str(bank)] if command == "questions" else []
        code = run(["interview", command, *arguments, *with_bank], Workbench(tmp_path / "home"))
        out, err = capsys.readouterr()
        return code, out, err

    return interview


def test_questions_are_listed_and_shown_without_what_is_expected(interview):
    _, out, _ = interview("questions")
    assert out.startswith("across  From server 1 to server 7 (routing, 5 min)\n")
    _, out, _ = interview("questions", "across")
    assert "How does a message get across?" in out
    assert "shared map" not in out
    _, out, _ = interview("questions", "across", "--json")
    assert json.loads(out)["hints"] == ["Who knows where Bob is?"]


def test_an_unknown_question_names_close_ones(interview):
    code, _, err = interview("questions", "acros")
    assert (code, err) == (Exit.USAGE, "workbench: no question 'acros': there is across\n")


def test_a_written_answer_is_scored_with_the_words_that_decided(interview, tmp_path):
    (tmp_path / "answer").write_text("Server 7 pushes it down the socket.")
    code, out, _ = interview("questions", "across", "--answer", str(tmp_path / "answer"))
    assert code is Exit.DONE
    assert out.startswith("From server 1 to server 7: 50%\n")
    assert "Server 7 «pushes» it down the «socket»." in out
    _, out, _ = interview("questions", "across", "--json", "--answer", str(tmp_path / "answer"))
    assert json.loads(out)["percent"] == 50


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b" \n", "is empty"),
        (b"x" * 1_000_000, "at most 20,000"),
        (b"\xff\xfe", "is no UTF-8"),
        (None, "No such file"),
    ],
)
def test_an_answer_that_cannot_be_scored_is_said_in_one_line(interview, tmp_path, content, said):
    if content is not None:
        (tmp_path / "answer").write_bytes(content)
    code, out, err = interview("questions", "across", "--answer", str(tmp_path / "answer"))
    assert (code, out) == (Exit.USAGE, "")
    assert said in err
    assert err.count("\n") == 1


def test_lint_passes_a_good_bank_and_fails_one_out_of_band(interview, bank):
    code, out, _ = interview("questions", "--lint")
    assert code is Exit.DONE
    assert out.splitlines()[-1] == "1 question, 5 answers, 0 problems"
    answers = bank / "answers" / "across.toml"
    answers.write_text(answers.read_text().replace("[15, 55]", "[60, 80]"))
    code, out, _ = interview("questions", "--lint")
    assert code is Exit.CHECK_FAILED
    assert f"{answers}:7: the weak answer gets 50 percent" in out


def test_one_question_is_listed_as_one(interview):
    _, out, _ = interview("questions")
    assert "1 question. Show one:" in out


@pytest.mark.parametrize("also", [["across"], ["--answer", "x"], ["across", "--answer", "x"]])
def test_lint_takes_no_single_question(interview, also):
    code, out, err = interview("questions", "--lint", *also)
    assert (code, out) == (Exit.USAGE, "")
    assert "--lint checks the whole bank: leave out the question's ID and --answer" in err


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b"\xff\xfe", "is no UTF-8"), (b"x" * 90_000, "is too long")]
)
def test_an_answer_on_stdin_is_called_so(interview, monkeypatch, content, said):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    code, _, err = interview("questions", "across", "--answer", "-")
    assert code is Exit.USAGE
    assert f"the answer on stdin {said}" in err


def test_a_broken_bank_names_file_and_line(interview, bank):
    (bank / "across.toml").write_text(QUESTION.replace("minutes = 5", "minutes = 0"))
    code, _, err = interview("questions")
    assert code is Exit.USAGE
    assert f"{bank / 'across.toml'}:5: " in err


@pytest.mark.parametrize("command", ["start", "resume"])
def test_without_a_terminal_the_way_without_one_is_named(interview, command):
    code, _, err = interview(command)
    assert code is Exit.USAGE
    assert "workbench interview questions ID --answer FILE" in err
    assert err.count("\n") == 1


def test_a_report_needs_an_interview(interview):
    code, _, err = interview("report")
    assert (code, err) == (
        Exit.USAGE,
        "workbench: no interview yet: `workbench interview start` begins one\n",
    )


@pytest.mark.parametrize("text", ['{"version": 99}', "{"])
def test_files_that_cannot_be_read_are_not_none_at_all(interview, tmp_path, text):
    folder = tmp_path / "home" / "interviews"
    folder.mkdir(parents=True)
    (folder / "2026-01-31-0915.json").write_text(text)
    for _ in range(2):
        code, _, err = interview("report")
        assert code is Exit.USAGE
        assert f"no interview in {folder} can be read: `workbench interview start` begins another" in err


class Learner:
    """A learner at a real terminal of 80 by 24."""

    def __init__(self, home, *arguments):
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "workbench", "interview", *arguments],
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=20,
            env={**os.environ, "PYTHONPATH": str(ROOT), "WORKBENCH_HOME": str(home), "TERM": "xterm"},
        )

    def sees(self, text):
        self.child.expect_exact(text)

    def awaits_prompt(self):
        """Wait until a prompt is drawn, which asks where the cursor is before it shows its footer."""
        self.child.expect_exact("\x1b[6n")
        self.child.send("\x1b[5;1R")

    def types(self, text):
        self.child.send(text)

    def leaves(self):
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus


def test_a_home_that_cannot_be_written_is_found_before_an_interview_is_announced(bank, tmp_path):
    home = tmp_path / "home"
    home.write_text("a file")
    learner = Learner(home, "start", "--bank", str(bank))
    learner.sees("cannot be saved in")
    assert "Interview" not in learner.child.before
    assert learner.leaves() == Exit.FAILED


def test_an_interview_through_a_terminal_with_hint_paste_interruption_and_resume(interview, bank, tmp_path):
    home = tmp_path / "home"
    learner = Learner(home, "start", "--bank", str(bank))
    learner.sees("hand it in")
    learner.sees("How does a message get across?")
    learner.awaits_prompt()
    learner.sees(":skip | :quit")
    learner.types("?\r")
    learner.sees("Who knows where Bob is?")
    learner.awaits_prompt()
    learner.types("\x1b[200~" + "x" * 1_000_000 + "\x1b[201~")
    learner.sees("1,000,000 characters")
    learner.types("Server 7 pushes it down\rthe socket.")
    learner.sees("socket.")
    learner.types("\x03")
    learner.sees("workbench interview resume")
    assert learner.leaves() == Exit.INTERRUPTED

    learner = Learner(home, "resume")
    learner.awaits_prompt()
    learner.sees("the socket.")
    learner.types("\x04")
    learner.sees("How does server 1 find out?")
    learner.awaits_prompt()
    learner.types("It queries redis about it.\r\r\r")
    learner.sees("Enter next")
    learner.types("m")
    learner.sees("It asks redis.")
    learner.types("o")
    learner.sees("Which item?")
    learner.types("map\r")
    learner.sees("m met")
    learner.types("m")
    learner.sees("Your reason:")
    learner.types("implied\r")
    learner.sees("as you see it")
    learner.sees("Enter next")
    learner.types("\r")
    learner.sees("workbench interview report")
    assert learner.leaves() == Exit.DONE

    _, out, _ = interview("report", "--json")
    report = json.loads(out)
    assert report["finished"]
    assert (report["percent"], report["percent_overruled"]) == (66.7, 100.0)
    code, out, _ = interview(
        "report", "last", "--overrule", "across/push", "missed", "--reason", "I did not mean that socket"
    )
    assert code is Exit.DONE
    assert "met, you say missed: server 7 pushes down the socket" in out
    code, _, err = interview("report", "--overrule", "across/nothing", "met", "--reason", "x")
    assert code is Exit.USAGE
    assert "there is map, push, ask-redis" in err
    code, _, err = interview("report", "--overrule", "across/map", "met")
    assert "needs a reason" in err
