"""`diagram` as a user meets it, on a live cluster and after it."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from command_line import expect as workbench

from workbench.drawing.catalogue import CATALOGUE
from workbench.errors import Exit

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sent(cluster):
    answer = json.loads(workbench(cluster.paths.home, "send", "alice", "bob", "Hey", "--json").stdout)
    return cluster.paths.home, answer["message_id"]


@pytest.mark.parametrize("name", [name for name, entry in CATALOGUE.items() if entry.lit_by == "message"])
def test_a_message_that_was_just_sent_lights_every_diagram(sent, name):
    home, message = sent
    shown = workbench(home, "diagram", name, "--message", message)
    assert re.search(r"^\(\d+\) +\[\d\] +\d+\.\d ms", shown.stdout, re.MULTILINE)
    assert "still in flight" not in shown.stderr


def test_a_phone_lights_its_connection(sent):
    shown = workbench(sent[0], "diagram", "connection", "--phone", "alice").stdout
    assert "welcome ×" in shown
    assert re.search(r"^\(1\) +\d+\.\d ms  alice → lb", shown, re.MULTILINE)


def test_the_file_decides_the_format(sent, tmp_path):
    home, message = sent
    for suffix, begins in (
        (".svg", "<svg"),
        (".html", "<!doctype html>"),
        (".mmd", "---\ntitle"),
        (".txt", "The way of "),
    ):
        file = tmp_path / f"picture{suffix}"
        workbench(home, "diagram", "routing", "--message", message, "-o", str(file))
        assert file.read_text().lstrip().startswith(begins)
    ET.fromstring((tmp_path / "picture.svg").read_text())  # noqa: S314  our own


def test_a_message_that_nobody_received_yet_is_drawn_as_far_as_it_came(cluster):
    """Its recipient is known to the directory and has no phone here, so that nobody ever says it was delivered."""
    home = cluster.paths.home
    away = cluster.device("away")
    with away.login():
        pass
    workbench(home, "send", "alice", away.user, "Hey", "--wait", "sent")
    done = workbench(home, "diagram", "status", "--message", "last")
    assert "still in flight" in done.stderr
    assert "SENT" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["roting"], Exit.USAGE, "did you mean routing?"),
        (["routing", "--message", "nobody"], Exit.USAGE, "no message nobody"),
        (["routing", "--run", "never"], Exit.USAGE, "no run 'never'"),
        (["routing", "--from", "1"], Exit.USAGE, "for `spacetime`"),
        (["spacetime", "--from", "99999"], Exit.USAGE, "nothing crossed"),
        (["spacetime", "--from", "5", "--to", "2"], Exit.USAGE, "is after"),
        (["routing", "--message", ""], Exit.USAGE, "names a message"),
        (["routing", "--phone", "alice"], Exit.USAGE, "lit by a message"),
        (["spacetime", "--phone", "alice"], Exit.USAGE, "lit by a message"),
        (["connection", "--message", "last"], Exit.USAGE, "lit by a phone"),
        (["connection", "--phone", "dave"], Exit.USAGE, "no phone 'dave'"),
        (["reconnect", "--phone", ""], Exit.USAGE, "names a phone"),
        (["routing", "-o", "/nowhere/at/all.svg"], Exit.FAILED, "cannot be written"),
        (["routing", "--format", "jpeg"], Exit.USAGE, "jpeg"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(sent, arguments, code, says):
    done = workbench(sent[0], "diagram", *arguments, code=code)
    assert says in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_without_any_run_the_plain_diagrams_are_there(tmp_path):
    assert "Chat servers" in workbench(tmp_path, "diagram", "architecture").stdout
    assert "architecture" in workbench(tmp_path, "diagram").stdout
    assert "BACKOFF" in workbench(tmp_path, "diagram", "connection").stdout
    done = workbench(tmp_path, "diagram", "connection", "--phone", "alice", code=Exit.USAGE)
    assert "none has moved yet" in done.stderr
    done = workbench(tmp_path, "diagram", "spacetime", code=Exit.USAGE)
    assert "send one with" in done.stderr


def test_json_is_the_figure(sent):
    home, message = sent
    figure = json.loads(workbench(home, "diagram", "architecture", "--message", message, "--json").stdout)
    assert len(figure["hops"]) == 12
    assert {box["id"] for box in figure["boxes"]} >= {"redis", "kafka", "chat", "workers", "store"}
