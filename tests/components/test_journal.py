import multiprocessing

from components.trace.events import EVENTS, RunStopped
from components.trace.journal import Journal
from workbench.tracing.journal import Reader, read_all

WRITERS, EACH = 4, 500


def write_many(path, name):
    journal = Journal(path, name)
    for number in range(EACH):
        journal.write(RunStopped(f"{name}-{number}" * 10))


def test_lines_of_several_processes_never_tear(tmp_path):
    path = tmp_path / "journal.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, f"w{number}")) for number in range(WRITERS)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    reader = Reader(path)
    events = reader.read()
    assert (len(events), reader.unreadable) == (WRITERS * EACH, 0)


def test_a_torn_line_is_counted_and_damages_no_other(tmp_path):
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, "a")
    journal.write(RunStopped("one"))
    with path.open("ab") as file:
        file.write(b'{"t_ns":1,"comp')  # a full disk took the rest
    journal.seal()
    journal.write(RunStopped("two"))
    reader = Reader(path)
    assert [event.facts["run"] for event in reader.read()] == ["one", "two"]
    assert reader.unreadable == 1
    journal.close()


def test_a_reader_waits_for_the_rest_of_a_line(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path, "a").write(RunStopped("one"))
    line = path.read_bytes()
    path.write_bytes(line + line[:20])
    reader = Reader(path)
    assert len(reader.read()) == 1
    with path.open("ab") as file:
        file.write(line[20:])
    assert len(reader.read()) == 1
    assert reader.unreadable == 0


def test_the_journal_is_its_owners_alone(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path, "a")
    assert path.stat().st_mode & 0o077 == 0
    assert read_all(path) == []


def test_no_event_has_room_for_a_body():
    for event in EVENTS.values():
        assert not {"body", "text", "payload"} & set(event.__struct_fields__)
