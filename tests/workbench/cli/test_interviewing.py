import json
import os
import sys
from pathlib import Path

import pexpect
import pytest

from workbench.errors import Exit

ROOT = Path(__file__).parents[3]


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
