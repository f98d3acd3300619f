from pathlib import Path

import pytest

from workbench.drawing import topology
from workbench.tracing.journal import read_all

FOLDER = Path(__file__).parent / "recorded"
"""Journals of real runs.

`five-messages`: probe, then alice to bob, alice to bob, bob to alice, carol to bob, alice to bob. `tunnels`: bob in a
tunnel whose server does not know; carol's app killed; alice's killed before an ACK; a message sent twice because the
workers stood still; carol suspended, then from Wi-Fi to cellular; at last alice in a tunnel, with three messages to
send, two of them to bob, whose app is closed.
"""


@pytest.fixture(scope="session")
def recording():
    def of(name):
        return sorted(read_all(FOLDER / f"{name}.jsonl"), key=lambda event: event.t_ns)

    return of


@pytest.fixture(scope="session")
def recorded(recording):
    return recording("five-messages")


@pytest.fixture(scope="session")
def tunnels(recording):
    return recording("tunnels")


@pytest.fixture(scope="session")
def boxes(recorded):
    return topology.of_journal(recorded)
