"""The runner when something goes wrong: what is healed, what is said, what the run comes to.

The load, the agent and the stack are made for the test; everything between them is the real thing.
"""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from made_stack import MadeAgent, MadeInterposition, MadeSession, one_second

import harness.runner
from harness import Experiment, Injection, Load, NoLostPayments, Phases
from harness.clock import now
from harness.errors import AgentError, ExperimentError, LoadError, RoleUnknown, StackError
from harness.faults.catalogue import Isolate, Kill, LinkLatency
from harness.history import HistoryWriter
from harness.runner import Listener, run

PHASES = Phases(baseline_s=0.3, recovery_max_s=0.4, sustained_s=0.2)


@pytest.fixture
def experiment():
    """A kill in a run of about a second."""
    return Experiment(
        name="made",
        hypothesis="h",
        load=Load(seed=7),
        injections=[Injection(Kill("ledger-1"), at_s=0.3, for_s=0.2)],
        expect=[NoLostPayments()],
        phases=PHASES,
    )


@dataclass
class MadeLoad:
    """A load that is as good as it is told to be.

    Attributes:
        share: of good operations in each window.
        refused: why it does not start; None starts it.
    """

    share: float = 1.0
    refused: Exception | None = None
    stopped: bool = False
    started_at: float = 0.0
    dead: bool = field(default=False, init=False)

    def __call__(self, spec, on_tick, _secrets):
        self.spec, self.on_tick = spec, on_tick
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.started_at:
            self.writer.close()

    def start(self):
        if self.refused:
            raise self.refused
        self.started_at = now()
        self.writer = HistoryWriter(self.spec.history, run="r1", seed=7)
        for second in range(3):
            self.on_tick(one_second(self.started_at + second, self.share))

    def check(self):
        if self.dead:
            raise LoadError("the load process was killed by signal 9: out of memory")

    def stop(self, drain_s):
        assert drain_s > 0
        self.stopped = True
        if self.dead or self.refused:
            raise LoadError("dead already")


def when(kind, keys, act):
    """A listener that does something when an event with these keys is written."""
    return Listener(event=lambda event: act() if {"kind": kind, **keys}.items() <= event.items() else None)


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def interruptible():
    """A shell starts what runs in its background with Ctrl-C ignored, and Python keeps that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def made(monkeypatch, tmp_path, experiment):
    """Runs the experiment on a made stack with a made load."""

    def go(*, load=None, agent=None, listener=None, prepare=lambda _session: None, **session):
        load = load or MadeLoad()
        monkeypatch.setattr(harness.runner, "LoadProcess", load)
        made_session = MadeSession(tmp_path, agent or MadeAgent(), **session)
        prepare(made_session)
        done = run(experiment, made_session, runs=tmp_path / "runs", listener=listener)
        return done, made_session, load

    return go


def events(done, kind):
    lines = [json.loads(line) for line in done.folder.timeline.read_text().splitlines()]
    return [line for line in lines if line.get("kind") == kind]


def phases(done):
    return [event["phase"] for event in events(done, "phase")]


def test_a_run_goes_through_its_phases(made):
    """The made parts are good enough for a whole run; the tests below each break one of them."""
    done, session, load = made()
    assert phases(done) == ["setup", "baseline", "fault", "recovery", "drain", "observe", "end"]
    assert session.agent.ops == ["arm", "inject", "effect", "heal", "gone", "evidence", "disarm"]
    assert load.stopped
    assert done.error is None
    assert done.folder.report_html.exists()
    assert session.observed == [done.folder.read_run().run]


def test_without_the_steady_state_nothing_is_injected(made):
    """The baseline decides; the run is inconclusive and says why."""
    done, session, load = made(load=MadeLoad(share=0.5))
    assert "inject" not in session.agent.ops
    assert "fault" not in phases(done)
    assert load.stopped
    assert done.result.verdict == "inconclusive"
    assert "the baseline was not steady: 0 of" in done.result.reason


@pytest.mark.parametrize("phase", ["baseline", "fault", "recovery"])
def test_a_load_that_dies_ends_the_run_with_its_own_words(made, phase):
    """Whatever is injected is healed at once, and nothing is concluded: exit code 3."""
    load = MadeLoad()
    dies = when("in_effect" if phase == "fault" else "phase", {} if phase == "fault" else {"phase": phase},
                lambda: setattr(load, "dead", True))  # fmt: skip
    done, session, _ = made(load=load, listener=dies)
    assert phases(done)[-3:] == [phase, "drain", "end"]
    assert session.agent.ops.count("inject") == session.agent.ops.count("heal")
    assert done.result.verdict == "inconclusive"
    assert "killed by signal 9: out of memory" in done.result.reason
    assert done.error.exit_code == 3


def test_a_load_that_is_refused_says_why(made):
    """A wrong locustfile shows when the load starts; what is wrong with it is what the reader needs."""
    refused = ExperimentError("locustfile.py fails to import")
    done, session, _ = made(load=MadeLoad(refused=refused))
    assert done.error is refused
    assert session.agent.ops == []
    assert done.result.verdict == "inconclusive"


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("phase", {"phase": "setup"}),
        ("phase", {"phase": "baseline"}),
        ("phase", {"phase": "fault"}),
        ("resolve", {}),
        ("in_effect", {}),
        ("heal", {}),
        ("phase", {"phase": "recovery"}),
        ("phase", {"phase": "drain"}),
        ("phase", {"phase": "observe"}),
    ],
)
def test_ctrl_c_heals_at_any_moment(made, kind, keys):
    """What was injected is healed, the load stopped in order, the report written."""
    done, session, load = made(listener=when(kind, keys, ctrl_c))
    assert done.interrupted
    assert session.agent.ops.count("inject") == session.agent.ops.count("heal")
    assert phases(done)[-1] == "end"
    assert load.stopped or keys == {"phase": "setup"}
    assert done.result.verdict == "inconclusive"
    assert "the harness had an error: interrupted" in done.result.reason
    assert done.folder.report_html.exists()


def test_an_agent_that_is_gone_ends_the_run(made):
    """The agent heals by itself when its pipe ends; the run says what it could not do."""
    gone = AgentError("the agent is gone")
    done, _, load = made(agent=MadeAgent(inject=gone, heal=gone))
    assert done.error is gone
    assert load.stopped
    assert done.result.verdict == "inconclusive"
    assert done.result.left_behind == ("i1: the agent is gone",)


def test_no_evidence_is_healed_and_inconclusive(made):
    """The rest of the run is made as ever: the books may still prove a loss."""
    agent = MadeAgent(effect={"effect_at": None, "why": "ledger-1 runs"})
    done, session, _ = made(agent=agent)
    assert session.agent.ops.count("heal") == 1
    assert phases(done)[-2:] == ["observe", "end"]
    assert done.result.verdict == "inconclusive"
    assert "ledger-1 runs" in done.result.reason
    assert done.error is None


def test_a_fault_that_cannot_be_healed_is_named(made):
    """The verdict is never pass, and what is left stands in the result."""
    stuck = {"heal_at": 0.0, "healed_at": None, "remaining": ["ledger-1 does not start"]}
    done, _, _ = made(agent=MadeAgent(heal=stuck))
    assert done.result.verdict != "pass"
    assert "ledger-1 does not start" in done.result.left_behind[0]


def test_a_role_that_nobody_plays_is_inconclusive(made):
    """There was no primary to kill: that is no word about the stack's continuity."""
    done, session, load = made(resolves=RoleUnknown("no node of ledger is primary"))
    assert done.error.exit_code == 3
    assert "inject" not in session.agent.ops
    assert load.stopped
    assert done.result.verdict == "inconclusive"


def test_an_observer_that_fails_is_told(made):
    """The books were not read, so nothing about them is known; the report is there all the same."""
    done, _, _ = made(observes=StackError("no node is up"))
    assert done.result.verdict == "inconclusive"
    assert done.error.exit_code == 4
    assert done.folder.report_html.exists()


def test_a_stack_that_does_not_become_whole_is_told(made):
    """The recovery's deadline passes, and the timeline says what is missing."""
    done, _, _ = made(missing=["ledger has no primary"])
    assert events(done, "not_recovered")[0]["why"] == "ledger has no primary"


def test_logs_that_cannot_be_had_are_a_note(made):
    """They are no reason to lose a verdict."""
    done, _, _ = made(logs=StackError("the engine is silent"))
    assert any("the engine is silent" in event["what"] for event in events(done, "note"))
    assert done.error is None


def test_errors_in_the_logs_are_counted_in_the_timeline(made):
    """By node and by the phase in which each was written; a node without one is not named."""

    def put_logs(session):
        def logs(into, since):
            assert since is not None
            stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z"
            (into / "ledger-1.log").write_text(f"{stamp} ERROR one\n{stamp} INFO two\n")
            (into / "edge.log").write_text(f"{stamp} INFO one\n")

        session.stack.logs = logs

    done, _, _ = made(prepare=put_logs)
    (event,) = events(done, "log_errors")
    assert event["nodes"] == {"ledger-1": {"end": 1}}


def test_a_load_that_lost_its_address_says_so(made):
    """The node came back on another port: what the load then saw is no word about the stack."""
    done, session, load = made(addresses=["http://127.0.0.1:9", "http://127.0.0.1:10"])
    assert session.agent.ops.count("inject") == session.agent.ops.count("heal")
    assert load.stopped
    assert done.result.verdict == "inconclusive"
    assert "was http://127.0.0.1:9 and is http://127.0.0.1:10 now" in done.result.reason
    assert "free_ports" in str(done.error)


def test_links_are_interposed_for_the_load_alone(made, experiment, monkeypatch):
    """Before the first arrival the proxy is there, and before the last look for leftovers it is gone."""
    done = []
    links = MadeInterposition()
    monkeypatch.setattr(MadeLoad, "start", lambda self: (done.append(list(links.done)), start(self)))
    fault = LinkLatency("payments->ledger", 100)
    monkeypatch.setattr(harness.runner, "links_of", lambda _faults: (fault.link,))
    run_, _, _ = made(links=links)
    assert done == [[("begin", "payments->ledger")]]
    assert links.done == [("begin", "payments->ledger"), ("check",), ("end",)]
    kinds = [json.loads(line)["kind"] for line in run_.folder.timeline.read_text().splitlines()]
    assert kinds.index("interposed") < kinds.index("overhead") < kinds.index("released")
    assert kinds.index("released") < kinds.index("left_behind")


start = MadeLoad.start


def test_a_proxy_that_died_makes_the_run_an_error(made, monkeypatch):
    """What the load saw of it is no effect of a fault, so nothing is concluded about the stack."""
    links = MadeInterposition(AgentError("the proxy of the links died, so they go directly"))
    monkeypatch.setattr(harness.runner, "links_of", lambda _faults: ("payments->ledger",))
    run_, _, _ = made(links=links)
    assert "the proxy of the links died" in str(run_.error)
    assert links.done[-1] == ("end",)


def test_a_cut_and_a_fault_of_a_link_are_not_in_one_run(made, experiment, tmp_path):
    """A cut drops by address, and what goes through the proxy has another: it is refused before anything is done."""
    both = replace(
        experiment,
        injections=[
            Injection(Isolate("ledger-1"), at_s=0.3, for_s=0.2),
            Injection(LinkLatency("payments->ledger", 100), at_s=0.3, for_s=0.2),
        ],
    )
    session = MadeSession(tmp_path, MadeAgent())
    with pytest.raises(ExperimentError, match="the one goes by addresses"):
        run(both, session, runs=tmp_path / "runs")
    assert session.agent.ops == []
