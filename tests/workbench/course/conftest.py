import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from workbench.course.classroom import Classroom, Stage
from workbench.course.library import Library
from workbench.course.page import Page
from workbench.course.progress import Mark, ProgressFile
from workbench.errors import Exit

sys.path.insert(0, str(Path(__file__).parent))

from lesson_text import LESSON


class FakeCluster:
    """Shows a message for each `send`, as a journal would; `dies` lets the next command find no cluster."""

    def __init__(self):
        self.shown = []
        self.now_ns = 0
        self.dies = False
        self.starts = 0
        self.lines = []

    def ensure(self, _matter=None):
        self.starts += 1

    def trouble(self):
        return ""

    def perform(self, line):
        self.lines.append(line)
        if self.dies:
            self.dies = False
            return Exit.NO_CLUSTER
        words = line.split()
        if words[0] == "send":
            self.now_ns += 1
            self.shown.append((self.now_ns, words[2]))
            return Exit.DONE
        return Exit.DONE if words[0] == "diagram" else Exit.USAGE

    def events(self, mark):
        return [
            {"kind": "message_shown", "facts": {"user": user}}
            for t_ns, user in self.shown
            if t_ns > mark.t_ns
        ]

    def now(self):
        return Mark("run", self.now_ns)

    def answer(self, line):
        return "nothing: no such command" if line.startswith("bad") else {"line": line}


@pytest.fixture
def cluster():
    return FakeCluster()


@pytest.fixture
def course(tmp_path):
    """Make a course of one lesson; give a function that adds more."""
    folder = tmp_path / "course"

    def add(text, name="01-try"):
        path = folder / name / "lesson.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return folder

    add(LESSON)
    return add


@pytest.fixture
def open_room(tmp_path, course, cluster):  # noqa: ARG001  the course must be there
    """Sit down again and again with the same progress file."""

    def open_again(name=None):
        room = Classroom(
            Library(tmp_path / "course"),
            ProgressFile(tmp_path / "progress.json"),
            Stage(cluster.events, cluster.now, cluster.answer),
        )
        room.open(name)
        return room

    return open_again


@pytest.fixture
def paper():
    """Give a page, and a function that tells what was printed on it."""
    file = io.StringIO()
    return Page(Console(file=file, width=80, highlight=False)), file.getvalue
