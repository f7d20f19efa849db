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


def put_in_order(lab, session):
    """Heal what the test before left, and wait until the lab is whole."""
    session.sweep()
    until(lab.whole, 30, "a whole lab")


@pytest.fixture
def agent(running_lab):
    """One session of the agent, over a whole lab."""
    with running_lab.connect() as session:
        put_in_order(running_lab, session)
        yield session


@pytest.fixture
def lab(running_lab, request):
    """The lab, whole; it takes no session besides the test's own."""
    if "agent" in request.fixturenames:
        request.getfixturevalue("agent")
    else:
        with running_lab.connect() as session:
            put_in_order(running_lab, session)
    return running_lab


@pytest.fixture
def injector(lab, agent, tmp_path):
    """An injector over the lab."""
    return lab.injector(agent, tmp_path / "journal.jsonl")
