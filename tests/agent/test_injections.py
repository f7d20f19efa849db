"""What the program does with injections: refuse, undo what is half done, leases, healing all."""

from __future__ import annotations

import threading
import time

import pytest

from harness.agent.program.injections import Injections
from harness.agent.program.ledger import Ledger
from harness.agent.program.refusal import Failed, Gone, Refused


class MadeSteps:
    """Does nothing, and notes what it was asked to do; steps named so fail, wait or refuse."""

    def __init__(self):
        self.done, self.hurried, self.release = [], [], threading.Event()

    def check(self, step):
        if step["do"] == "refuse":
            raise Refused("not this one")

    def do(self, injection, step):
        self.done.append((injection, step["do"]))
        if step["do"] == "fail":
            raise Failed("it failed")
        if step["do"] == "gone":
            raise Gone("no more")
        if step["do"] == "wait":
            assert self.release.wait(10)

    def hurry(self, step):
        self.hurried.append(step["do"])
        self.release.set()


@pytest.fixture
def made(tmp_path):
    """Injections over made steps, and what healed by itself."""
    steps, alone = MadeSteps(), []
    return Injections(steps, Ledger(tmp_path), lambda *what: alone.append(what)), steps, alone, tmp_path


def steps(*names):
    return [{"do": name} for name in names]


def test_the_undo_is_kept_before_anything_is_done(made):
    """And is struck out when it was undone."""
    injections, done, _, folder = made
    kept = []
    done.do = lambda _injection, step: kept.append((step["do"], len(list(folder.iterdir()))))
    injections.inject("i1", steps("harm"), steps("mend"), 60)
    assert injections.heal("i1") == []
    assert kept == [("harm", 1), ("mend", 1)]
    assert list(folder.iterdir()) == []


def test_a_refused_step_means_that_nothing_is_done(made):
    """Every step of the injection and of its undo is checked first."""
    injections, done, _, folder = made
    with pytest.raises(Refused):
        injections.inject("i1", steps("harm"), steps("mend", "refuse"), 60)
    assert (done.done, injections.active, list(folder.iterdir())) == ([], [], [])


def test_what_is_half_done_is_undone(made):
    """A step that fails leaves nothing of the steps before it."""
    injections, done, _, _ = made
    with pytest.raises(Failed, match="it failed"):
        injections.inject("i1", steps("harm", "fail", "never"), steps("mend"), 60)
    assert [name for _, name in done.done] == ["harm", "fail", "mend"]
    assert injections.active == []


def test_a_heal_goes_on_past_errors_and_may_be_repeated(made):
    """What could not be undone is named; the injection stays until it could."""
    injections, done, _, _ = made
    injections.inject("i1", steps("harm"), steps("fail", "gone", "mend"), 60)
    assert injections.heal("i1") == ["i1: fail: it failed"]
    assert injections.active == ["i1"]
    done.do = lambda _injection, _step: None
    assert injections.heal("i1") == []
    assert injections.active == []


def test_a_heal_hurries_a_step_that_is_under_way(made):
    """A graceful stop that takes a minute does not keep a heal waiting for a minute."""
    injections, done, _, _ = made
    errors = []

    def inject():
        try:
            injections.inject("i1", steps("wait", "never"), steps("mend"), 60)
        except Failed as error:
            errors.append(str(error))

    thread = threading.Thread(target=inject, daemon=True)
    thread.start()
    while not done.done:
        time.sleep(0.001)
    assert injections.heal("i1") == []
    thread.join(5)
    assert done.hurried == ["wait"]
    assert ("i1", "never") not in done.done
    assert "healed before it was injected whole" in errors[0]


def test_a_lease_that_runs_out_heals(made):
    """The harness hangs: the fault ends without it, and not before."""
    injections, done, alone, _ = made
    begun = time.monotonic()
    injections.inject("i1", steps("harm"), steps("mend"), 0.3)
    while not alone and time.monotonic() - begun < 5:
        time.sleep(0.01)
    assert 0.3 <= time.monotonic() - begun < 2
    assert alone == [("i1", "its lease ran out")]
    assert ("i1", "mend") in done.done


def test_a_renewed_lease_does_not_run_out(made):
    """As long as the harness lives and wants it, it stays."""
    injections, _, alone, _ = made
    injections.inject("i1", steps("harm"), steps("mend"), 0.3)
    for _ in range(6):
        time.sleep(0.1)
        injections.renew(0.3, ["i1", "unknown"])
    assert (alone, injections.active) == ([], ["i1"])


def test_after_the_end_nothing_more_is_injected(made):
    """A request that was still on its way when the pipe ended must not do harm that nobody heals."""
    injections, _, _, _ = made
    injections.inject("i1", steps("harm"), steps("mend"), 60)
    injections.inject("i2", steps("harm"), steps("fail"), 60)
    assert injections.heal_all() == ["i2: fail: it failed"]
    with pytest.raises(Refused, match="the session is ending"):
        injections.inject("i3", steps("harm"), steps("mend"), 60)


def test_an_id_is_injected_once(made):
    """Two injections of one name could not be told apart when they are healed."""
    injections, _, _, _ = made
    injections.inject("i1", steps("harm"), steps("mend"), 60)
    with pytest.raises(Refused, match="active already"):
        injections.inject("i1", steps("harm"), steps("mend"), 60)


def test_what_a_restart_takes_away_is_done_again_while_it_is_wanted(made):
    """A pause and what a control API was told go with the process; a kill is not repeated."""
    injections, done, _, _ = made
    lost = [{"do": do, "container": "c1"} for do in ("engine.pause", "control.set", "engine.kill")]
    injections.inject("i1", lost, steps("mend"), 60)
    injections.inject("i2", [{"do": "control.set", "container": "c2"}], steps("mend"), 60)
    done.done.clear()
    injections.again("c1")
    assert done.done == [("i1", "engine.pause"), ("i1", "control.set")]
    assert [container for container, _ in injections.reapplied("i1")] == ["c1", "c1"]
    assert injections.reapplied("i2") == []
    injections.heal("i1")
    done.done.clear()
    injections.again("c1")
    assert done.done == []
