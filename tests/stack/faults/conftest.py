"""One lab for all tests of the faults: brought up once, whole before each test."""

from __future__ import annotations

import faultlab
import pytest
from faultlab import until


@pytest.fixture(scope="session")
def running_lab():
    """The containers, under a project name of this process."""
    with faultlab.running_lab() as lab:
        yield lab


@pytest.fixture
def lab(running_lab):
    """The lab, whole."""
    with running_lab.connect() as agent:
        agent.sweep()
    until(running_lab.whole, 30, "a whole lab")
    return running_lab


@pytest.fixture
def agent(lab):
    """One session of the agent."""
    with lab.connect() as session:
        yield session


@pytest.fixture
def injector(lab, agent, tmp_path):
    """An injector over the lab."""
    return lab.injector(agent, tmp_path / "journal.jsonl")
