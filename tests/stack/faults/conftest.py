"""One lab for all tests of the faults: brought up once, whole before each test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from faultlab import Lab, docker, until
from testcontainers.compose import DockerCompose

import harness.agent

HERE = Path(__file__).parent
AGENT = Path(harness.agent.__file__).parent


@pytest.fixture(scope="session")
def running_lab():
    """The containers, under a project name of this process."""
    project = f"faultlab-{os.getpid()}"
    before = dict(os.environ)
    os.environ.update(COMPOSE_PROJECT_NAME=project, HARNESS_AGENT_DIR=str(AGENT))
    compose = DockerCompose(HERE, ["compose.yaml", str(AGENT / "compose.agent.yaml")], build=True, wait=False)
    try:
        with compose:
            lab = Lab(project)
            until(lab.whole, 60, "the lab")
            yield lab
    finally:
        os.environ.clear()
        os.environ.update(before)
        left = docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={project}")
        assert left == ""


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
