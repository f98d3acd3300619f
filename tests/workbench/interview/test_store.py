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


def a_grade(percent=50.0, points=1.0, total=50.0):
    item = {"id": "map", "says": "", "verdict": "met", "points": points, "of": 2, "evidence": [], "lacks": []}
    return {"percent": percent, "score": {"percent": total, "items": [item], "wrong": []}}


def a_turn(**changes):
    turn = {"question": "a", "follow_up": None, "ask": "", "answer": "", "state": "answered", "seconds": 1.0}
    return {"turns": [{**turn, "grade": a_grade(), **changes}]}


@pytest.mark.parametrize(
    "changes",
    [
        {"minutes": -5},
        {"minutes": 0},
        {"minutes": 1_000},
        {"elapsed_s": -1.0},
        {"elapsed_s": 1e300},
        {"hints": -1},
        a_turn(seconds=-1),
        a_turn(hints=-1),
        a_turn(follow_up=-1),
        a_turn(grade=a_grade(percent=900)),
        a_turn(grade=a_grade(total=900)),
        a_turn(grade=a_grade(points=3)),
    ],
)
def test_a_value_that_cannot_be_is_damage(store, changes):
    store.save(a_session("2026-01-31-0915"))
    path = store.folder / "2026-01-31-0915.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(DamagedInterviewError, match="it is kept as"):
        store.load("2026-01-31-0915")


def test_a_score_below_zero_is_none(store):
    store.save(a_session("2026-01-31-0915"))
    path = store.folder / "2026-01-31-0915.json"
    turn = a_turn(grade=a_grade(percent=-80, points=-1, total=-80))
    path.write_text(json.dumps({**json.loads(path.read_text()), **turn}))
    assert store.load("2026-01-31-0915").turns[0].percent == -80


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


def test_where_all_were_kept_aside_none_can_be_read(store):
    with pytest.raises(UsageProblem, match="there is none yet"):
        store.load("2026-01-31-0915")
    store.folder.mkdir(parents=True)
    (store.folder / "2026-01-31-0915.json.damaged-1").touch()
    with pytest.raises(UsageProblem, match="there is none that can be read"):
        store.load("2026-01-31-0915")


def test_a_home_that_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(FailedError, match="cannot be saved in"):
        Store(tmp_path / "home").save(a_session("2026-01-31-0915"))
