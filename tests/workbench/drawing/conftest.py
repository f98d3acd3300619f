from pathlib import Path

import pytest

from workbench.drawing import topology
from workbench.tracing.journal import read_all

RECORDED = Path(__file__).parent / "recorded" / "five-messages.jsonl"
"""The journal of a real run: probe, then alice to bob, alice to bob, bob to alice, carol to bob, alice to bob."""


@pytest.fixture(scope="session")
def recorded():
    return sorted(read_all(RECORDED), key=lambda event: event.t_ns)


@pytest.fixture(scope="session")
def boxes(recorded):
    return topology.of_journal(recorded)
