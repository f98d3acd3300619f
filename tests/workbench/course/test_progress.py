import contextlib
import stat

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.course.progress import (
    Course,
    LessonRecord,
    Mark,
    Progress,
    ProgressFile,
    StepRecord,
    decode,
    encode,
)
from workbench.errors import UsageProblem


def some_progress():
    record = LessonRecord(2, {0: StepRecord("done", "4", right=True)}, Mark("run", 5), completed=False)
    return Progress(courses={"": Course("01-try", {"01-try": record})})


def test_progress_survives_the_file(tmp_path):
    file = ProgressFile(tmp_path / "home" / "progress.json")
    file.save(some_progress())
    assert ProgressFile(file.path).load() == some_progress()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert b"\n" in file.path.read_bytes()[:20]  # a person can read it


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b'{"version": 99, "courses": {}}', "version 99"),
        (b"{torn", "damaged"),
        (b"", "damaged"),
        (b'{"version": 1, "courses": 7}', "damaged"),
        (b"\xff\xfe", "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_is_kept_aside_and_never_overwritten(tmp_path, text, says):
    path = tmp_path / "progress.json"
    for number in (1, 2):
        path.write_bytes(text)
        file = ProgressFile(path)
        assert file.load() == Progress()
        file.save(some_progress())
        assert says in file.said
        assert (tmp_path / f"progress.unread-{number}.json").read_bytes() == text


def test_importing_keeps_what_was_there(tmp_path):
    file = ProgressFile(tmp_path / "progress.json")
    file.save(some_progress())
    aside = file.replace(Progress())
    assert decode(aside.read_bytes()) == some_progress()
    assert file.load() == Progress()


@given(st.binary(max_size=60))
def test_any_bytes_are_progress_or_a_problem(text):
    with contextlib.suppress(UsageProblem):
        assert isinstance(decode(text), Progress)


def test_what_is_written_is_versioned():
    assert msgspec.json.decode(encode(Progress()))["version"] == 1
