import random
import secrets
import socket
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from workbench.cluster import state
from workbench.cluster.launch import launch
from workbench.cluster.paths import Paths
from workbench.cluster.plan import Options
from workbench.cluster.shutdown import processes_of, runs
from workbench.tracing.journal import Reader

sys.path.insert(0, str(Path(__file__).parent))

from peers import Device, hear_until

PORTS = 18  # what a cluster of three chat servers needs


class Cluster:
    """A running cluster, its plan, and its journal."""

    def __init__(self, plan):
        self.plan = plan
        self.paths = Paths(Path(plan.options.home))

    def journal_from_here(self):
        return Reader(self.paths.journal(self.plan.run), at_end=True)

    def device(self, prefix="user"):
        return Device(self.plan, f"{prefix}-{secrets.token_hex(4)}")

    def await_event(self, reader, kind, **facts):
        """Wait until the journal shows an event with these facts."""

        def found():
            events = reader.read()
            return next(
                (each for each in events if each.kind == kind and facts.items() <= each.facts.items()), None
            )

        return self.await_true(found, f"{kind} {facts} in the journal")

    @staticmethod
    def await_true(question, what="what was waited for"):
        """Ask until the answer is true, and give it."""
        deadline = time.monotonic() + 30  # a bound, not a wait: these machines are small and busy
        while time.monotonic() < deadline:
            if answer := question():
                return answer
            time.sleep(0.01)
        raise AssertionError(f"no {what}")


def free_base_port():
    """Find a row of free ports below the ranges from which Linux (32768) and macOS (49152) serve outgoing connections.

    A port out of those ranges can become some connection's own end between the choice and the bind.
    """
    while True:
        base = random.randrange(20_000, 32_000)
        with ExitStack() as held, suppress(OSError):
            for port in range(base, base + PORTS):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            return base


@contextmanager
def running_cluster(home, speed=10.0):
    """Run a cluster under a home; in the end, however it went, no process of it is left."""
    launched = launch(Options(home=str(home), speed=speed, base_port=free_base_port()))
    family = []
    try:
        reports = list(launched.reports())
        assert reports[-1]["event"] == "ready", reports[-1]
        family = processes_of(state.load(Paths(home)))
        yield Cluster(launched.plan)
    finally:
        launched.end()
    assert not [each for each in family if runs(each)]
    assert_no_box_was_surprised(Paths(home).logs(launched.plan.run))


def assert_no_box_was_surprised(logs):
    """No handler of a connection, request or task ended by an exception that nobody foresaw."""
    surprises = ("handler failed", "Error handling request", "never retrieved", "Unhandled exception")
    for log in logs.iterdir():
        text = log.read_text(errors="replace")
        assert not [each for each in surprises if each in text], f"{log.name}:\n{text[-3000:]}"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def start_cluster():
    """Start clusters of one's own, to break them."""
    with ExitStack() as running:
        yield lambda home: running.enter_context(running_cluster(home))


@pytest.fixture
def others_go_on(cluster):
    """After the test, the same server still takes another client's message."""
    yield
    device, peer = cluster.device("honest"), cluster.device("peer")
    with device.login() as (socket, _welcome):
        frame = device.send(socket, peer.user)
        assert hear_until(socket, "ack")["client_msg_id"] == frame["client_msg_id"]
