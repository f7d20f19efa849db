"""The only way to the ledger dies: the router is a single point, and its supervisor brings it back.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: the engine starts the router again at once; it resolves the names while running, asks each ledger
node who is primary, and lets in whoever comes. The payments nodes throw their dead sessions away at the first doubt and
tell their clients what had no effect; the same keys are sent again.

Expectation: RTO <= 5 s: 1 s for the engine to start it, up to 1.5 s for the names and the first health checks (500 ms
each), 1 s for the payments nodes to count as ready at the edge again, 1.5 s for an operation under way to meet its
deadline and be sent again.
"""

from harness import (
    Availability,
    Converged,
    Crash,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="When the ledger's router crashes, its supervisor brings it back and payments go on within 5 s.",
    load=Load(rate_per_s=40),
    phases=Phases(fault_s=20),
    injections=[Injection(Crash("ledger-router"), at_s=10)],
    expect=[
        Rto(max_s=5),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.8),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    tags=["service"],
)
