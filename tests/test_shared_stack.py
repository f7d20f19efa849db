"""One stack for a pytest session, and another one only for parts that cannot be together. No stack is there."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

import harness.pytest_session as hp

NEEDS_MIRRORS = '''"""Why."""
from harness import Experiment, Injection, MirrorHalfLost, Rto
experiment = Experiment(
    hypothesis="h", expect=[Rto(max_s=1)], injections=[Injection(MirrorHalfLost("ledger-1"), at_s=10, for_s=5)]
)
'''
NEEDS_PATHS = NEEDS_MIRRORS.replace("MirrorHalfLost", "ErrorOnPath").replace(
    '"ledger-1"', '"ledger-1", "wal/**", error="EIO"'
)
NEEDS_NOTHING = '''"""Why."""
from harness import Experiment, Phases, Rto
experiment = Experiment(hypothesis="h", expect=[Rto(max_s=1)], phases=Phases(fault_s=5))
'''


class MadeStack:
    """A stack that notes what becomes of it."""

    def __init__(self, parts, done):
        self.parts = parts
        self._done = done

    def nodes(self):
        return ()

    def down(self):
        self._done.append("down")


class MadeConfig:
    """What pytest's configuration is asked for."""

    rootpath = Path("/x")

    def __init__(self, parts):
        self._harness_parts = parts

    def getini(self, _name):
        return ""

    def getoption(self, name):
        return [] if name == "--profile" else None


@pytest.fixture
def done(monkeypatch):
    """What was done to stacks, in order."""
    done = []

    class MadeSession:
        def __init__(self, stack, say):
            assert say
            self.stack = stack

        def __enter__(self):
            done.append(f"up {' '.join(sorted(self.stack.parts))}".strip())
            return self

        def __exit__(self, *_):
            done.append("left")

    def load(_directory, _project, _variant, _profiles, parts):
        return MadeStack(parts, done)

    monkeypatch.setattr(hp, "Session", MadeSession)
    monkeypatch.setattr(hp.Stack, "load", load)
    before = signal.getsignal(signal.SIGTERM)
    yield done
    signal.signal(signal.SIGTERM, before)


def test_one_stack_serves_all_that_can_be_together(done):
    """Whatever comes first, it has what a later one needs."""
    config = MadeConfig({"disks", "clocks"})
    first = hp.shared_session(config)
    assert hp.shared_session(config, frozenset({"disks"})) is first
    assert hp.shared_session(config, frozenset({"clocks"})) is first
    assert done == ["up clocks disks"]


def test_sigterm_is_ctrl_c_while_a_stack_is_up(done):
    """A cancelled job leaves nothing; afterwards the signal does what it did before."""
    before = signal.getsignal(signal.SIGTERM)
    config = MadeConfig(set())
    hp.shared_session(config)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    config._harness_shared.close()
    assert done == ["up", "left", "down"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_interruption_while_it_comes_up_takes_it_down(done, monkeypatch):
    """Half a stack is left to nobody."""

    def interrupted(_self):
        raise KeyboardInterrupt

    monkeypatch.setattr(hp.Session, "__enter__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hp.shared_session(MadeConfig(set()))
    assert done == ["down"]


def test_what_needs_the_other_kind_of_disk_gets_another_stack(done):
    """The first is left and taken down; who needs neither then stays on the second."""
    config = MadeConfig({"disks", "mirrors", "clocks"})
    hp.shared_session(config)
    second = hp.shared_session(config, frozenset({"mirrors"}))
    assert done == ["up clocks disks", "left", "down", "up clocks mirrors"]
    assert hp.shared_session(config) is second


def test_what_needs_a_pass_through_shares_its_stack_with_nothing_that_needs_a_disk(done):
    """It is no part of the first, and the second has the clocks all the same."""
    config = MadeConfig({"disks", "paths", "clocks"})
    hp.shared_session(config)
    hp.shared_session(config, frozenset({"paths"}))
    assert done == ["up clocks disks", "left", "down", "up clocks paths"]


def test_experiments_on_mirrors_are_the_last_of_a_session(pytester):
    """And those under a pass-through; so the stack is built anew once for each kind."""
    pytester.makeini("[pytest]\naddopts = -p no:locust\nharness_experiments = experiments\n")
    folder = pytester.mkdir("experiments")
    for name, text in (("a", NEEDS_PATHS), ("b", NEEDS_MIRRORS), ("c", NEEDS_NOTHING)):
        (folder / f"{name}.py").write_text(text)
    said = pytester.runpytest_subprocess(
        "experiments", "--collect-only", "-q", "-p", "no:cacheprovider"
    ).outlines
    assert [line.rpartition("::")[2] for line in said[:3]] == ["c", "b", "a"]
