import secrets
import sys
import time
from pathlib import Path

import psutil
import pytest

from workbench.cluster.launch import launch
from workbench.cluster.paths import Paths
from workbench.cluster.plan import Options
from workbench.cluster.shutdown import runs
from workbench.tracing.journal import Reader

sys.path.insert(0, str(Path(__file__).parent))

from peers import Device, hear_until


class Cluster:
    """A running cluster, its plan, and its journal."""

    def __init__(self, plan):
        self.plan = plan
        self.path = Paths(Path(plan.options.home)).journal(plan.run)

    def journal_from_here(self):
        return Reader(self.path, at_end=True)

    def device(self, prefix="user"):
        return Device(self.plan, f"{prefix}-{secrets.token_hex(4)}")

    def await_event(self, reader, kind, **facts):
        """Wait until the journal shows an event with these facts."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for event in reader.read():
                if event.kind == kind and facts.items() <= event.facts.items():
                    return event
            time.sleep(0.01)
        raise AssertionError(f"no {kind} {facts} in the journal")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    launched = launch(Options(home=str(tmp_path_factory.mktemp("cluster")), speed=10.0))
    try:
        reports = list(launched.reports())
        assert reports[-1]["event"] == "ready", reports[-1]
        yield Cluster(launched.plan)
    finally:
        family = psutil.Process(launched.pid).children(recursive=True)
        launched.end()
    assert not [each for each in family if runs(each)]


@pytest.fixture
def others_go_on(cluster):
    """After the test, the same server still takes another client's message."""
    yield
    device, peer = cluster.device("honest"), cluster.device("peer")
    with device.login() as (socket, _welcome):
        frame = device.send(socket, peer.user)
        assert hear_until(socket, "ack")["client_msg_id"] == frame["client_msg_id"]
