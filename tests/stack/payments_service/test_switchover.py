"""The fault Switchover on a real Patroni: another node is primary afterwards, and the evidence knows."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import pytest
from payments_stack import docker, within

from harness.faults.catalogue import Switchover
from harness.faults.injector import Injector, NoEvidence
from harness.faults.journal import Journal
from harness.stack.node import Node

pytestmark = pytest.mark.stack

LEDGER = ("ledger-1", "ledger-2", "ledger-3")


@dataclass
class Scene:
    """The ledger alone; its primary is asked of PostgreSQL, not of Patroni."""

    stack: object

    @property
    def nodes(self):
        def container(name):
            return docker("inspect", "-f", "{{.Id}}", self.stack.container(name)).strip()

        return tuple(Node(name, "ledger", container(name)) for name in LEDGER)

    def resolve(self, selector):
        names = (self.stack.primary(),) if selector.endswith(":primary") else LEDGER
        return tuple(node for node in self.nodes if node.name in names)


@dataclass(frozen=True)
class NoInject:
    """A switchover that nobody is asked for."""

    instant = True
    destroys = False

    def plan(self, scene):
        return replace(Switchover("ledger").plan(scene), inject=())


@pytest.fixture
def told():
    """The timeline's events."""
    return []


@pytest.fixture
def injector(payments_stack, agent, told, tmp_path):
    return Injector(
        agent,
        Journal(tmp_path / "journal.jsonl", "test"),
        Scene(payments_stack),
        lambda kind, *, at=None, **keys: told.append((kind, at, keys)),
    )


def test_the_primary_hands_over(payments_stack, payer, injector, told, tmp_path):
    """Another node is primary, writes go on, what was acknowledged is there, and no secret was told to anybody."""
    before = payments_stack.primary()
    assert payer.pay("before").status_code == 201
    began = time.monotonic()
    injector.inject("i1", Switchover("ledger"))
    injector.heal("i1")
    within(20, "a payment is taken", lambda: payer.status("after") == 201)
    took_s = time.monotonic() - began
    within(30, "the ledger is whole again", payments_stack.whole)
    assert payments_stack.primary() != before
    assert payer.balance(payer.one) == 10
    moments = {kind: at for kind, at, _ in told if kind in ("in_effect", "gone")}
    print(f"no primary for {moments['gone'] - moments['in_effect']:.1f} s, a payment after {took_s:.1f} s")
    assert 0 < moments["gone"] - moments["in_effect"] < took_s
    assert told[-1][2]["verdict"] == "pass"
    kept = str(told) + (tmp_path / "journal.jsonl").read_text()
    assert payments_stack.passwords["PATRONI_API_PASSWORD"] not in kept


def test_without_its_inject_there_is_no_evidence(payments_stack, injector, told):
    """Nobody handed over, so nothing may be seen."""
    before = payments_stack.primary()
    with pytest.raises(NoEvidence, match="no evidence within 1 s"):
        injector.inject("i1", NoInject(), deadline_s=1.0)
    assert injector.heal_all() == []
    assert told[-1][2]["verdict"] == "inconclusive"
    assert payments_stack.primary() == before
