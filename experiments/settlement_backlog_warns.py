"""The acquirer is gone; the monitoring says that settlements pile up before a creditor misses them.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: docs/runbooks/SettlementBacklogGrows.md. Payments are created and approved all the same; their items
wait in the outbox and are tried again, each after a pause of 5 s at most, so the backlog drains by itself.

Expectation: the alert within 22 s: an item must be older than 10 s, 2 s until a worker looks again, 2 s until the next
scrape, 2 s until the next evaluation, 2 s that it must last and 2 s because those fall on evaluations, 1 s until the
harness asks, and 1 s for two busy cores. Resolved within 25 s of the heal: 2 s until the acquirer answers, 2 s for the
calls that still wait for it, 5 s for the longest pause, 8 s for some 300 items in 16 lanes, and 2 + 2 + 2 + 1 s as
above. RTO <= 1 s: the outbox keeps the acquirer's outage from whoever pays.
"""

from harness import (
    AuditChainIntact,
    Availability,
    Converged,
    Detected,
    Experiment,
    Healed,
    Injection,
    Kill,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Reconciled,
    Rto,
)

experiment = Experiment(
    hypothesis="When the acquirer is down, an alert says within 22 s that settlements pile up; payments go on.",
    load=Load(
        rate_per_s=45, mix={"create_payment": 5, "create_four_eyes": 11, "approve": 10, "read_status": 15}
    ),
    # The fault's phase goes on after the heal for as long as the end of the alert may take.
    phases=Phases(fault_s=57),
    injections=[Injection(Kill("acquirer"), at_s=10, for_s=30)],
    expect=[
        Detected(alert="SettlementBacklogGrows", max_s=22, resolved_max_s=25),
        Rto(max_s=1),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.98),
        Converged(),
        Reconciled(),
        AuditChainIntact(),
        Healed(),
    ],
    profile="full",
    tags=["settlement", "warns"],
)
