"""The fault ClockSkew on a real ledger node: PostgreSQL and Patroni are told the wrong time, and then the right one."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from payments_stack import docker, within

from harness.faults.catalogue import ClockSkew
from harness.faults.injector import Injector
from harness.faults.journal import Journal
from harness.stack.clocks import override
from harness.stack.node import Node

pytestmark = pytest.mark.stack

BY_S = 300


@pytest.fixture(scope="module")
def node(payments_stack, tmp_path_factory):
    """A standby that was made anew with a clock that can be skewed; afterwards it is as it was."""
    name = payments_stack.roles()["replica"][0]
    file = tmp_path_factory.mktemp("clocks") / "clocks.json"
    file.write_text(json.dumps(override([name])))
    make = ["up", "-d", "--no-deps", "--wait", name]
    docker(*payments_stack._compose, "-f", str(file), *make, timeout_s=120)
    within(60, "the ledger is whole", payments_stack.whole)
    yield name
    payments_stack.compose(*make, timeout_s=120)
    within(60, "the ledger is whole again", payments_stack.whole)


@dataclass
class Scene:
    """That node alone."""

    stack: object
    name: str

    def resolve(self, _selector):
        container = docker("inspect", "-f", "{{.Id}}", self.stack.container(self.name)).strip()
        return (Node(self.name, "ledger", container, skewable=True),)


def test_postgresql_and_patroni_see_it(payments_stack, node, agent, payer, tmp_path):
    """A new session's clock_timestamp() and the next line of Patroni's log; meanwhile payments are taken."""

    def postgresql():
        return float(payments_stack.sql(node, "SELECT extract(epoch FROM clock_timestamp())")) - time.time()

    def patroni():
        """How far the time is ahead that Patroni wrote in its last line, of the time at which the engine got it."""
        words = ["docker", "logs", "--timestamps", "--tail", "20", payments_stack.container(node)]
        said = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        line = [each for each in said.stdout.splitlines() if " INFO: " in each][-1]
        received, day, moment = line.split()[:3]
        written = datetime.strptime(f"{day} {moment}", "%Y-%m-%d %H:%M:%S,%f").replace(tzinfo=UTC)
        return (written - datetime.fromisoformat(f"{received[:26]}+00:00")).total_seconds()

    told = []
    scene, journal = Scene(payments_stack, node), Journal(tmp_path / "journal.jsonl", "test")
    injector = Injector(agent, journal, scene, lambda kind, *, at=None, **keys: told.append((kind, at, keys)))
    assert abs(postgresql()) < 1
    injector.inject("i1", ClockSkew(node, BY_S))
    assert postgresql() == pytest.approx(BY_S, abs=1)
    within(10, "Patroni's log is ahead", lambda: abs(patroni() - BY_S) < 1)
    assert payer.pay("during").status_code == 201
    injector.heal("i1")
    within(3, "PostgreSQL has the right time again", lambda: abs(postgresql()) < 1)
    assert told[-1][2]["verdict"] == "pass", told[-1]
    assert agent.leftovers() == []
