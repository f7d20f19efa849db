"""Hypothesis strategies: consistent runs, which every check must pass."""

from __future__ import annotations

from hypothesis import strategies as st
from made_runs import FATES, MadeRun, arrivals_in_outage, make_run

from harness.checks.catalogue import (
    Availability,
    Converged,
    Healed,
    Latency,
    LedgerBalanced,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Rto,
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


@st.composite
def consistent_runs(draw: st.DrawFn) -> MadeRun:
    """Any mix of fates in the outage; each has a write refused and one dropped, to plant defects in."""
    length = arrivals_in_outage()
    fates = draw(st.lists(st.sampled_from(FATES), min_size=length, max_size=length))
    fates[0:4] = ["refused", "dropped", "dropped", "refused"]
    amounts = draw(st.lists(st.integers(1, 5_000), min_size=1, max_size=8))
    latency_s = draw(st.floats(0.002, 0.4))
    return make_run(fates, amounts, latency_s)
