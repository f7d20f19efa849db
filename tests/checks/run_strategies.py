"""Hypothesis strategies: consistent runs, which every check must pass."""

from __future__ import annotations

from hypothesis import strategies as st
from made_life import ALERT, add_life
from made_runs import FATES, MadeRun, arrivals_in_outage, make_run

from harness.checks.catalogue import (
    AuditChainIntact,
    Availability,
    Converged,
    Detected,
    FailsClosed,
    Healed,
    Latency,
    LedgerBalanced,
    LoadShare,
    MonotonicStatus,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    ReadYourWrites,
    Reconciled,
    Rto,
    SingleWriter,
)

EXPECT = (
    Rto(max_s=5),
    Availability(min_ratio=0.25, phase="fault"),
    Latency(max_ms=500, percentile=100, phase="recovery"),
    NoLostPayments(),
    NoDuplicatePayments(),
    NoPhantomPayments(),
    LedgerBalanced(),
    Converged(),
    Healed(),
)
"""What a run of :func:`consistent_runs` keeps, whatever its outage was."""

EXPECT_OF_ALL = (
    *EXPECT,
    Reconciled(),
    MonotonicStatus(),
    ReadYourWrites(),
    SingleWriter(),
    FailsClosed(),
    AuditChainIntact(),
    LoadShare(weights={"payments-1": 1, "payments-2": 1}, phase="all"),
    Detected(alert=ALERT, max_s=2.5, resolved_max_s=2),
)
"""The same with what the whole payment system is asked, which :func:`whole_runs` keep."""


@st.composite
def consistent_runs(draw: st.DrawFn) -> MadeRun:
    """Any mix of fates in the outage; each has a write refused and one dropped, to plant defects in."""
    length = arrivals_in_outage()
    fates = draw(st.lists(st.sampled_from(FATES), min_size=length, max_size=length))
    fates[0:4] = ["refused", "dropped", "dropped", "refused"]
    amounts = draw(st.lists(st.integers(1, 5_000), min_size=1, max_size=8))
    latency_s = draw(st.floats(0.002, 0.4))
    return make_run(fates, amounts, latency_s)


@st.composite
def whole_runs(draw: st.DrawFn) -> MadeRun:
    """A consistent run of the whole payment system."""
    return add_life(draw(consistent_runs()))
