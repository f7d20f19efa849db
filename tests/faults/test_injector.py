"""The injector's order of things, its timeline and its judgement, with an agent made for the test."""

from __future__ import annotations

import pytest
from made_scenes import MadeScene

from harness.errors import AgentError, UnsupportedFault
from harness.faults.catalogue import Kill, Partition, Pause
from harness.faults.injector import Injector, NoEvidence, judge
from harness.faults.journal import Journal, outstanding

EFFECT = {"effect_at": 12.5, "why": ""}
GONE = {"gone_at": 14.5, "why": "", "excused": []}
SUMMARY = {"looks": 7, "gaps": [], "broken": None, "items": [], "reapplied": []}


class MadeAgent:
    """Answers as told, and notes the operations with what the journal held at that moment."""

    def __init__(self, path, **answers):
        self.path, self.calls = path, []
        healed = {"heal_at": 13.0, "healed_at": 13.1, "remaining": []}
        self.answers = {"heal": healed, "effect": EFFECT, "gone": GONE, "evidence": SUMMARY, **answers}

    def call(self, op, *, within_s=30.0, **arguments):
        assert within_s > 0
        self.calls.append((op, arguments.get("injection"), [entry.id for entry in outstanding(self.path)]))
        answer = self.answers.get(op)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def notices(self):
        return ["agent: a word"]

    @property
    def ops(self):
        return [op for op, _, _ in self.calls]


@pytest.fixture
def made(tmp_path):
    """An injector with what it wrote, and its agent."""

    def make(**answers):
        agent, events = MadeAgent(tmp_path / "journal.jsonl", **answers), []
        injector = Injector(
            agent,
            Journal(tmp_path / "journal.jsonl", "r1"),
            MadeScene({"ledger": 3}),
            lambda kind, *, at=None, **keys: events.append((kind, at, keys)),
        )
        return injector, agent, events

    return make


def kinds(events):
    return [kind for kind, _, _ in events]


def test_an_injection_from_start_to_end(made):
    """Probes first, then the undo on disk, then the fault, then its effect; and the same back."""
    injector, agent, events = made()
    assert injector.inject("i1", Kill("ledger-1")) == 12.5
    assert injector.status()[0].nodes == ("ledger-1",)
    injector.heal("i1")
    assert agent.ops == ["arm", "inject", "effect", "heal", "gone", "evidence", "disarm"]
    assert {op: held for op, _, held in agent.calls} == {
        "arm": [], "inject": ["i1"], "effect": ["i1"], "heal": ["i1"], "gone": [], "evidence": [], "disarm": []
    }  # fmt: skip
    assert {name for _, name, _ in agent.calls} == {"r1/i1"}
    assert kinds(events) == ["resolve", "in_effect", "heal", "gone", "note", "evidence"]
    assert events[0][2]["spec"] == {"on": "ledger-1"}
    assert events[0][2]["destroys"] is True
    assert (events[1][1], events[3][1]) == (12.5, 14.5)
    assert events[-1][2]["verdict"] == "pass"


def test_a_probe_that_fails_before_means_that_nothing_is_injected(made):
    """What does not work already cannot show a fault: no undo is written and nothing is made."""
    injector, agent, events = made(arm=AgentError("before the fault: ledger-1 was not seen to work"))
    with pytest.raises(NoEvidence, match="not injected: before the fault"):
        injector.inject("i1", Kill("ledger-1"))
    assert agent.ops == ["arm"]
    assert kinds(events) == ["resolve", "no_effect"]
    assert injector.heal_all() == []


def test_no_effect_is_no_evidence_and_is_healed(made):
    """A fault that was made and not seen raises, stays to be healed, and is judged inconclusive."""
    injector, agent, events = made(effect={"effect_at": None, "why": "ledger-1 runs: no effect was seen"})
    with pytest.raises(NoEvidence, match="no evidence within 3 s: ledger-1 runs"):
        injector.inject("i1", Kill("ledger-1"), deadline_s=3)
    assert injector.heal_all() == []
    assert "heal" in agent.ops
    assert events[-1][2]["verdict"] == "inconclusive"
    assert "never seen in effect" in events[-1][2]["why"]


def test_a_fault_that_does_not_go_is_written_down(made):
    """The run goes on to its end; the timeline says that the fault was not seen to go."""
    injector, _, events = made(gone={"gone_at": None, "why": "ledger-1 runs: was not seen to work again"})
    injector.inject("i1", Kill("ledger-1"))
    injector.heal("i1", deadline_s=2)
    assert "not_gone" in kinds(events)
    assert events[-1][2]["verdict"] == "inconclusive"


def test_a_fault_that_makes_no_sense_touches_nothing(made):
    """A plan that is refused reaches neither the agent nor the journal nor the timeline."""
    injector, agent, events = made()
    with pytest.raises(UnsupportedFault):
        injector.inject("i1", Partition.majority_ring("ledger"))
    assert (agent.calls, events) == ([], [])


def test_heal_all_goes_on_past_errors(made):
    """The newest first; what the agent could not undo is named and stays in the journal."""
    injector, agent, _ = made()
    for name in ("i1", "i2"):
        injector.inject(name, Pause("ledger-1"))
    agent.answers["heal"] = {"remaining": ["engine.unpause: the engine refused"]}
    remaining = injector.heal_all()
    assert [line.split(":")[0] for line in remaining] == ["i2", "i1"]
    assert injector.remaining() == remaining
    assert [entry.id for entry in outstanding(agent.path)] == ["i1", "i2"]
    agent.answers["heal"] = {"remaining": []}
    assert injector.heal_all() == []
    assert outstanding(agent.path) == []


def test_healing_twice_is_once(made):
    """A heal that came already is fine, and is not done again."""
    injector, agent, _ = made()
    injector.inject("i1", Pause("ledger-1"))
    injector.heal("i1")
    injector.heal("i1")
    assert agent.ops.count("heal") == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"summary": {"gaps": [{"at": 13.0, "what": "a - b: the effect was not there"}]}},
            "effect was not there",
        ),
        ({"summary": {"broken": "the probe broke: OSError"}}, "the probe broke"),
        ({"gone": {"gone_at": None, "why": "x"}}, "not seen to be gone"),
        ({"effect_at": None}, "never seen in effect"),
    ],
)
def test_whatever_breaks_the_evidence_makes_it_inconclusive(change, why):
    """Each kind of trouble alone is enough, and is named."""
    effect_at = change.get("effect_at", 12.5)
    verdict = judge(effect_at, {**GONE, **change.get("gone", {})}, {**SUMMARY, **change.get("summary", {})})
    assert verdict["verdict"] == "inconclusive"
    assert why in verdict["why"]
