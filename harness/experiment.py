"""An experiment: a hypothesis, a load, injections and expectations. Frozen, and validated when made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from harness.checks.base import Check
from harness.errors import ExperimentError
from harness.faults.base import Fault, parts_of
from harness.workload import Load, above_zero

__all__ = ["Experiment", "Injection", "Load", "Phases"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """How long the parts of a run last.

    Attributes:
        baseline_s: load without a fault; the steady state must hold, or nothing is injected.
        fault_s: length of the fault phase; None ends it with the last heal.
        recovery_max_s: deadline for the steady state to be back after the last heal.
        sustained_s: the steady state must hold for this long to count as back.
    """

    baseline_s: float = 10.0
    fault_s: float | None = None
    recovery_max_s: float = 60.0
    sustained_s: float = 5.0

    def __post_init__(self) -> None:
        for name in ("baseline_s", "recovery_max_s", "sustained_s"):
            above_zero(name, getattr(self, name))
        if self.fault_s is not None:
            above_zero("fault_s", self.fault_s)
        if self.sustained_s > self.recovery_max_s:
            raise ExperimentError(
                f"sustained_s ({self.sustained_s:g}) is longer than recovery_max_s ({self.recovery_max_s:g})"
            )


@dataclass(frozen=True, slots=True)
class Injection:
    """A fault with its time.

    Attributes:
        fault: the fault.
        at_s: seconds after the load's first arrival.
        for_s: seconds from its effect to its heal; 0 for an instant fault.
    """

    fault: Fault
    at_s: float
    for_s: float = 0.0

    def __post_init__(self) -> None:
        name = type(self.fault).__name__
        if not isinstance(self.fault, Fault):
            raise ExperimentError(f"{self.fault!r} is not a fault", mend="Import one from harness, e.g. Kill")
        if not (math.isfinite(self.at_s) and self.at_s >= 0):
            raise ExperimentError(f"{name}: at_s must not be negative, not {self.at_s}")
        if not (math.isfinite(self.for_s) and self.for_s >= 0):
            raise ExperimentError(f"{name}: for_s must not be negative, not {self.for_s}")
        if self.fault.instant and self.for_s:
            raise ExperimentError(f"{name} is a moment, so for_s must be left out, not {self.for_s:g}")
        if not self.fault.instant and not self.for_s:
            raise ExperimentError(f"{name} lasts, so it needs for_s above 0 (seconds until it is healed)")

    @property
    def end_s(self) -> float:
        """Seconds after the load's first arrival at which the heal is due."""
        return self.at_s + self.for_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One hypothesis about the stack, and how to try it.

    Attributes:
        hypothesis: one sentence that the run can contradict.
        load: what is asked of the stack.
        injections: the faults with their times, none for a steady-state run.
        expect: the checks with their bounds.
        phases: how long the parts last.
        tags: words to select by (``gate``, ``database``).
        profile: Compose's profile whose services it needs; empty when the stack's smallest one is enough.
        name: the file's stem; set when the file is read.
        description: the file's docstring; set when the file is read.
    """

    hypothesis: str
    expect: Sequence[Check]
    load: Load = field(default_factory=Load)
    injections: Sequence[Injection] = ()
    phases: Phases = field(default_factory=Phases)
    tags: Sequence[str] = ()
    profile: str = ""
    name: str = ""
    description: str = ""

    def __post_init__(self) -> None:
        if not self.hypothesis.strip():
            raise ExperimentError("an experiment needs a hypothesis")
        if not self.expect:
            raise ExperimentError(
                "an experiment without expectations proves nothing", mend="Give expect=[...]"
            )
        for check in self.expect:
            if not isinstance(check, Check):
                raise ExperimentError(f"{check!r} is not an expectation", mend="Write e.g. NoLostPayments()")
        names = [type(check).__name__ for check in self.expect]
        for name in names:
            if names.count(name) > 1:
                raise ExperimentError(f"the expectation {name} stands twice")
        if not self.injections and self.phases.fault_s is None:
            raise ExperimentError(
                "an experiment without injections has no end", mend="Give phases=Phases(fault_s=...)"
            )
        for injection in self.injections:
            self._check_time(injection)

    def _check_time(self, injection: Injection) -> None:
        what = type(injection.fault).__name__
        if injection.at_s < self.phases.baseline_s:
            raise ExperimentError(
                f"{what} at {injection.at_s:g} s falls into the baseline ({self.phases.baseline_s:g} s)",
                mend="Inject later, or shorten Phases(baseline_s=...)",
            )
        if injection.end_s > self.fault_end_s:
            raise ExperimentError(
                f"{what} lasts until {injection.end_s:g} s, past the end of the fault phase ({self.fault_end_s:g} s)",
                mend="Shorten for_s, or lengthen Phases(fault_s=...)",
            )

    @property
    def fault_end_s(self) -> float:
        """Seconds after the load's first arrival at which the recovery phase begins."""
        if self.phases.fault_s is not None:
            return self.phases.baseline_s + self.phases.fault_s
        return max(injection.end_s for injection in self.injections)

    @property
    def parts(self) -> frozenset[str]:
        """What the stack must be brought up with for these faults, by their own word."""
        return frozenset(part for one in self.injections for part in parts_of(one.fault))

    @property
    def longest_s(self) -> float:
        """Seconds of load at most, were the recovery to need its whole deadline."""
        return self.fault_end_s + self.phases.recovery_max_s

    def named(self, name: str, description: str) -> Experiment:
        """The same experiment with the name and docstring of its file."""
        return replace(self, name=name, description=description)
