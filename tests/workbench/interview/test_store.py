import json
from datetime import UTC, datetime

import pytest

from workbench.errors import FailedError, UsageProblem
from workbench.interview.session import VERSION, Session
from workbench.interview.store import DamagedInterviewError, NewerInterviewError, Store


def a_session(name, **changes):
    return Session(
        **{
            "version": VERSION,
            "id": name,
            "started": "2026-01-31T09:15:00+00:00",
            "minutes": 30,
            "focus": None,
            "seed": 1,
            "bank": "bank",
            "planned": [],
            **changes,
        }
    )


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "home")


def test_what_is_saved_is_loaded_and_only_its_owner_can_read_it(store):
    session = a_session("2026-01-31-0915", draft="half a sen")
    store.save(session)
    path = store.folder / "2026-01-31-0915.json"
    assert store.load("2026-01-31-0915") == session
    assert path.stat().st_mode & 0o777 == 0o600
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert path.read_text().startswith('{\n  "version": 1,')
    assert [each.name for each in store.folder.iterdir()] == [path.name]


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff\xfe", b'{"version": 1}', b'{"version": "one"}'])
def test_a_damaged_file_is_kept_aside_and_never_written_over(store, damage):
    store.save(a_session("2026-01-31-0915"))
    path = store.folder / "2026-01-31-0915.json"
    for number in (1, 2):
        path.write_bytes(damage)
        with pytest.raises(DamagedInterviewError, match=f"kept as 2026-01-31-0915.json.damaged-{number}"):
            store.load("2026-01-31-0915")
        assert (store.folder / f"{path.name}.damaged-{number}").read_bytes() == damage
    assert not path.exists()


def test_a_file_of_a_newer_version_is_left_alone(store):
    store.save(a_session("2026-01-31-0915"))
    path = store.folder / "2026-01-31-0915.json"
    text = json.dumps({"version": VERSION + 1, "news": []})
    path.write_text(text)
    with pytest.raises(NewerInterviewError, match="it is left as it is"):
        store.load("2026-01-31-0915")
    assert path.read_text() == text


def test_the_newest_that_fits_is_found_and_the_unreadable_are_said(store):
    for name in ("2026-01-31-0915", "2026-01-31-0915-2", "2026-01-31-0915-10"):
        store.save(a_session(name, finished=name.endswith("2")))
    (store.folder / "2026-01-31-0915-10.json").write_text("{")
    notes = []
    assert store.latest(lambda each: not each.finished, notes.append).id == "2026-01-31-0915"
    assert len(notes) == 1
    assert "damaged-1" in notes[0]


def test_ids_are_ordered_by_time_then_number(store):
    for name in ("2026-01-31-0915-10", "2026-01-31-0915", "2026-01-31-0915-2", "2026-01-30-2359"):
        store.save(a_session(name))
    assert store.ids() == ["2026-01-30-2359", "2026-01-31-0915", "2026-01-31-0915-2", "2026-01-31-0915-10"]


def test_a_new_id_is_free_even_if_a_file_was_kept_aside(store):
    now = datetime(2026, 1, 31, 9, 15, tzinfo=UTC)
    assert store.new_id(now) == "2026-01-31-0915"
    store.folder.mkdir(parents=True)
    (store.folder / "2026-01-31-0915.json.damaged-1").touch()
    assert store.new_id(now) == "2026-01-31-0915-2"


def test_a_name_never_leads_out_of_the_folder(store):
    with pytest.raises(UsageProblem, match="is no interview's id"):
        store.load("../cluster")


def test_an_unknown_interview_names_those_there_are(store):
    store.save(a_session("2026-01-31-0915"))
    with pytest.raises(UsageProblem, match="there is 2026-01-31-0915"):
        store.load("2026-01-31-0916")


def test_a_home_that_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(FailedError, match="cannot be saved in"):
        Store(tmp_path / "home").save(a_session("2026-01-31-0915"))
