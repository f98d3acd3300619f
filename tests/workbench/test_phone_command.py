"""What `phone NAME ACTION` tells of the journal."""

import io

from rich.console import Console

from components.trace.events import ConnectionChanged, MessageSent
from components.trace.journal import Journal
from components.wire.traceparent import Trace
from workbench.cli.context import Workbench
from workbench.cli.phone import narrate
from workbench.tracing.journal import Reader


def test_this_phones_events_are_told_and_no_others(tmp_path):
    said = io.StringIO()
    workbench = Workbench(tmp_path, out=Console(file=said, width=100))
    journal = Journal(tmp_path / "journal.jsonl", "phones")
    trace = Trace.start()
    journal.write(ConnectionChanged("alice", "online", "lost", "backoff"))
    journal.write(ConnectionChanged("bob", "online", "lost", "backoff"))
    journal.write(MessageSent("0123456789ab", "alice", 3, 1), trace=trace, link=("chat-1", "alice"))
    journal.close()
    narrate(workbench, Reader(tmp_path / "journal.jsonl"), "alice")
    told = said.getvalue()
    assert "alice's connection: online -> backoff" in told
    assert "seq 3: SENT" in told
    assert "bob" not in told
    assert trace.trace_id in workbench.told  # the prompt need not say it again
