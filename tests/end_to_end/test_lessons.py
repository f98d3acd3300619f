"""Lessons on live clusters: every solution passes; one goes through a real terminal, one without it step by step."""

import json
import os
import signal
import sys
from pathlib import Path

import pexpect
import pytest
from command_line import expect as workbench

from workbench.cluster import state
from workbench.cluster.paths import Paths
from workbench.cluster.shutdown import await_end, processes_of
from workbench.errors import Exit

ROOT = Path(__file__).parents[2]
COURSE = """+++
title = "Through a terminal"
part = "Step 3"
minutes = 5
needs = []
+++

What this is about.

```predict
ask = "How many hops?"
journal = "[?link && step] | length(@)"
because = "Each arrow is a hop."
```

```run
send alice bob "Hey"
```

```diagram
routing --message last
```

```do
task = "Let bob write to alice."
[[check]]
journal = "[?kind=='message_shown' && facts.user=='alice'] | length(@)"
at_least = 1
why = "alice's phone shows nothing new."
```

```hint
The first hint.
```

```hint
The second hint.
```

```solution
send bob alice "Hey"
```

## The end

That was all.
"""


@pytest.fixture
def course(tmp_path):
    path = tmp_path / "course" / "01-terminal" / "lesson.md"
    path.parent.mkdir(parents=True)
    path.write_text(COURSE)
    return path.parent.parent


@pytest.fixture
def terminal(tmp_path, course):
    """Start the lesson in a terminal of 80 by 24, as often as asked; in the end no process of it is left."""
    home = tmp_path / "home"
    sittings = []

    def sit_down():
        sitting = pexpect.spawn(
            sys.executable,
            ["-m", "workbench", "lesson", "--course", str(course)],
            cwd=ROOT,
            env={**os.environ, "WORKBENCH_HOME": str(home), "TERM": "dumb", "NO_COLOR": "1"},
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=30,
        )
        sittings.append(sitting)
        return sitting

    yield sit_down
    found = state.load(Paths(home))
    family = processes_of(found) if found else []
    for sitting in sittings:
        sitting.close(force=True)
    await_end(family)


def test_a_lesson_through_a_terminal_with_back_hint_interruption_and_resume(terminal):
    first = terminal()
    first.expect("How many hops")
    first.sendline("many")
    first.expect("write a number")
    first.sendline("12")
    first.expect("Enter\\] next")
    first.send("b")  # back from the first step stays there
    first.expect("How many hops")
    first.sendline("10")
    first.expect("Enter\\] next")
    first.send("\r")
    first.expect("run it")
    first.sendintr()
    first.expect("goes on here")
    first.expect(pexpect.EOF)
    first.wait()
    assert first.exitstatus == Exit.INTERRUPTED

    second = terminal()
    second.expect("2 of 5")
    second.expect("run it")
    second.send("\r")
    second.expect("no cluster is up: starting one")
    second.expect("DELIVERED")
    second.expect("you said 10; the run says 12")
    second.expect("Enter\\] next")
    second.send("\r")
    second.expect("1\\)")  # the first hop of the lit diagram
    second.expect("Enter\\] next")
    second.send("\r")
    second.expect("Your turn")
    second.sendline("hint")
    second.expect("hint 1 of 2: The first hint")
    second.sendline("")
    second.expect("not yet: got 0, wanted at least 1. alice's phone shows nothing new")
    second.sendline('send bob alice "Hey"')
    second.expect("Done\\.")
    second.expect("Enter\\] next")
    second.send("h")
    second.expect("hint 2 of 2: The second hint")
    second.expect("Enter\\] next")
    second.send("\r")
    second.expect("That was all")
    second.expect("Enter\\] next")
    second.send("\r")
    second.expect("This lesson is done")
    second.expect("ending the cluster")
    second.expect(pexpect.EOF)
    second.wait()
    assert second.exitstatus == Exit.DONE


def test_a_cluster_killed_in_mid_lesson_is_started_again_and_the_step_repeated(terminal, tmp_path):
    sitting = terminal()
    sitting.expect("How many hops")
    sitting.sendline("10")
    sitting.expect("Enter\\] next")
    sitting.send("\r")
    sitting.expect("run it")
    sitting.send("\r")
    sitting.expect("DELIVERED")
    sitting.expect("run it.*leave")
    found = state.load(Paths(tmp_path / "home"))
    family = processes_of(found)
    os.kill(found.supervisor.pid, signal.SIGKILL)
    await_end([each for each in family if each.pid != found.supervisor.pid])
    sitting.send("r")
    sitting.expect("no cluster is up: starting one")
    sitting.expect("DELIVERED")
    sitting.expect("run it.*leave")
    sitting.send("q")
    sitting.expect(pexpect.EOF)


def test_without_a_terminal_a_lesson_is_taken_step_by_step(cluster, course, tmp_path):
    home = cluster.paths.home
    at = ("--course", str(course))
    try:
        assert "1 of 5" in workbench(home, "lesson", "start", "1", *at).stdout
        workbench(home, "lesson", "next", *at, code=Exit.USAGE)
        assert "2 of 5" in workbench(home, "lesson", "next", "--answer", "12", *at).stdout
        assert "the run says" in workbench(home, "lesson", "next", *at).stdout
        assert "Your turn" in workbench(home, "lesson", "next", *at).stdout
        failed = workbench(home, "lesson", "next", *at, code=Exit.CHECK_FAILED)
        assert "got 0, wanted at least 1" in failed.stdout
        assert "hint 1 of 2" in workbench(home, "lesson", "hint", *at).stdout
        assert "send bob alice" in workbench(home, "lesson", "solution", *at).stdout
        workbench(home, "send", "bob", "alice", "Hey")
        assert "The end" in workbench(home, "lesson", "next", *at).stdout
        assert "Your turn" in workbench(home, "lesson", "back", *at).stdout
        assert json.loads(workbench(home, "lesson", "status", "--json", *at).stdout)["step"] == 4
        assert "The end" in workbench(home, "lesson", "skip", *at).stdout
        exported = tmp_path / "progress.json"
        workbench(home, "lesson", "export", str(exported))
        workbench(home, "lesson", "reset", "--yes", *at)
        assert "1 of 5" in workbench(home, "lesson", "status", *at).stdout
        workbench(home, "lesson", "import", str(exported))
        assert "5 of 5" in workbench(home, "lesson", "status", *at).stdout
    finally:
        workbench(home, "lesson", "reset", "--yes", *at)


def test_every_lesson_passes_its_proof(tmp_path):
    done = workbench(tmp_path / "home", "lesson", "lint")
    assert "no problem found" in done.stderr


def test_a_new_lesson_is_one_that_passes(tmp_path):
    workbench(tmp_path, "lesson", "new", "01-mine", "--course", str(tmp_path / "mine"))
    workbench(tmp_path, "lesson", "lint", "--course", str(tmp_path / "mine"))
    workbench(tmp_path, "lesson", "new", "01-mine", "--course", str(tmp_path / "mine"), code=Exit.USAGE)
    workbench(tmp_path, "lesson", "new", "mine", code=Exit.USAGE)


def test_a_broken_lesson_fails_with_file_and_line(tmp_path, course):
    path = course / "01-terminal" / "lesson.md"
    path.write_text(COURSE.replace("```run", "```rum"))
    done = workbench(tmp_path, "lesson", "lint", "--static", "--course", str(course), code=Exit.CHECK_FAILED)
    line = COURSE.replace("```run", "```rum").splitlines().index("```rum") + 1
    assert f"lesson.md:{line}: no block is called 'rum'" in done.stderr.replace("\n", "")
    played = workbench(tmp_path, "lesson", "start", "1", "--course", str(course), code=Exit.USAGE)
    assert f"lesson.md:{line}" in played.stderr.replace("\n", "")


def test_a_damaged_progress_file_is_kept_aside(tmp_path, course):
    (tmp_path / "progress.json").write_text("{torn")
    done = workbench(tmp_path, "lesson", "list", "--course", str(course))
    assert "kept as progress.unread-1.json" in done.stderr
    assert (tmp_path / "progress.unread-1.json").read_text() == "{torn"


def test_progress_that_cannot_be_written_is_one_line(course):
    done = workbench("/proc/nowhere", "lesson", "start", "1", "--course", str(course), code=Exit.FAILED)
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr
