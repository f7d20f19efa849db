from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import Experiment, Injection, Kill, Load, NoLostPayments, Phases, Restart, Rto
from harness.errors import ExperimentError
from harness.faults.base import Plan


def experiment(**changes):
    return Experiment(
        **(
            {
                "hypothesis": "it holds",
                "expect": [Rto(max_s=30)],
                "injections": [Injection(Kill("ledger:primary"), 10, 20)],
            }
            | changes
        )
    )


def test_a_good_experiment_knows_its_times():
    """The fault phase ends with the last heal, and the deadline of the recovery follows."""
    made = experiment(phases=Phases(recovery_max_s=40))
    assert made.fault_end_s == 30
    assert made.longest_s == 70


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hypothesis": "  "}, "hypothesis"),
        ({"expect": []}, "without expectations"),
        ({"expect": [Rto(max_s=1), Rto(max_s=2)]}, "Rto stands twice"),
        ({"expect": ["Rto"]}, "not an expectation"),
        ({"injections": []}, "no end"),
        ({"injections": [Injection(Kill("a"), 3, 5)]}, "falls into the baseline"),
        ({"injections": [Injection(Kill("a"), 15, 10)], "phases": Phases(fault_s=10)}, "past the end"),
    ],
)
def test_a_senseless_experiment_is_refused_in_words(changes, words):
    """What cannot be run is refused when it is made, and the message names it."""
    with pytest.raises(ExperimentError, match=words):
        experiment(**changes)


@pytest.mark.parametrize(
    ("at_s", "for_s"), [(-1, 5), (float("nan"), 5), (10, -5), (10, float("inf")), (10, 0)]
)
def test_an_injection_without_sensible_times_is_refused(at_s, for_s):
    """Negative, infinite and missing times are refused; a lasting fault needs its length."""
    with pytest.raises(ExperimentError, match="Kill"):
        Injection(Kill("ledger:primary"), at_s, for_s)


def test_an_instant_fault_takes_no_length():
    """A restart is a moment: a length would promise something that is not done."""
    assert Injection(Restart("payments:one"), 10).end_s == 10
    with pytest.raises(ExperimentError, match="for_s must be left out"):
        Injection(Restart("payments:one"), 10, 5)


def test_something_that_is_no_fault_is_refused():
    """A selector instead of a fault is the commonest slip."""
    with pytest.raises(ExperimentError, match="not a fault"):
        Injection("ledger:primary", 10, 5)


def test_a_fault_of_ones_own_is_a_fault():
    """Any frozen dataclass with the protocol's members can be injected."""

    @dataclass(frozen=True)
    class Mine:
        instant: ClassVar[bool] = True
        destroys: ClassVar[bool] = False

        def selectors(self):
            return ()

        def plan(self, scene):  # noqa: ARG002  # the protocol's
            return Plan((), (), (), (), {})

    assert Injection(Mine(), 10).for_s == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"rate_per_s": 0},
        {"rate_per_s": float("inf")},
        {"client_timeout_s": -1},
        {"attempts_max": 0},
        {"arrivals": "bursts"},
        {"mix": {}},
        {"mix": {"create_payment": 0}},
        {"in_flight_max": 10},
    ],
)
def test_a_senseless_load_is_refused(fields):
    """Each field has its bounds; an in-flight bound that would drop healthy arrivals is one of them."""
    with pytest.raises(ExperimentError):
        Load(**fields)


@given(rate=st.floats(0.1, 2000), timeout=st.floats(0.1, 30), attempts=st.integers(1, 8))
def test_the_in_flight_bound_is_at_least_twice_rate_times_timeout(rate, timeout, attempts):
    """Below that bound arrivals would be dropped while the stack still answers in time."""
    load = Load(rate_per_s=rate, client_timeout_s=timeout, attempts_max=attempts)
    assert load.in_flight_bound >= 2 * rate * timeout


@pytest.mark.parametrize(
    "fields", [{"baseline_s": 0}, {"fault_s": -1}, {"sustained_s": 9, "recovery_max_s": 8}]
)
def test_senseless_phases_are_refused(fields):
    """A recovery that could never be sustained within its deadline is refused."""
    with pytest.raises(ExperimentError):
        Phases(**fields)


def test_an_experiment_is_frozen_and_takes_its_files_name():
    """The file names the experiment; nothing changes it afterwards."""
    made = experiment(expect=[NoLostPayments()]).named("ledger_primary_kill", "Why.")
    assert (made.name, made.description) == ("ledger_primary_kill", "Why.")
    with pytest.raises(AttributeError):
        made.name = "other"
