"""The primary's wall clock jumps 300 s ahead, and 20 s later back: payments go on, and no book is confused.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: TO BE WRITTEN

Expectation: TO BE WRITTEN
"""

from harness import (
    AuditChainIntact,
    ClockSkew,
    Converged,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    MonotonicStatus,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    ReadYourWrites,
    Reconciled,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="A primary whose clock is wrong loses no payment, makes none twice, and shares its books with nobody.",
    load=Load(
        rate_per_s=40,
        mix={"create_payment": 15, "create_four_eyes": 6, "approve": 6, "read_status": 13},
    ),
    phases=Phases(baseline_s=5, recovery_max_s=60, sustained_s=3),
    injections=[Injection(ClockSkew("ledger:primary", by_s=300), at_s=6, for_s=20)],
    expect=[
        Rto(max_s=55),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Converged(),
        Reconciled(),
        MonotonicStatus(),
        ReadYourWrites(),
        SingleWriter(),
        AuditChainIntact(),
        Healed(),
    ],
    profile="full",
    tags=["control-plane", "database"],
)
