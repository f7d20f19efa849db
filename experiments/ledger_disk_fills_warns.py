"""The disk of the ledger's primary fills up, and there is room still: the monitoring says so, and payments go on.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: docs/runbooks/DiskWillBeFull.md. Nothing fails yet, so nothing has to recover: somebody makes room
while there is time, and the heal does. What happens to who does not is ledger_disk_full's to show.

Expectation: the alert within 15 s: 2 s until the next scrape, 2 s until the next evaluation, 4 s that it must last,
2 s because those fall on evaluations, 1 s until the harness asks, and 4 s for two busy cores (measured: 6.6 s).
Resolved within 10 s of the heal: 2 + 2 + 1 s as above, and as much again (2.9 s). RTO = 0: 160 MiB are left, and 20 s
of payments take a tenth of that.
"""

from harness import (
    Availability,
    Converged,
    Detected,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    NearlyFull,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Rto,
)

experiment = Experiment(
    hypothesis="When the primary's disk is nearly full an alert says so within 15 s, and no payment fails.",
    load=Load(rate_per_s=40),
    # The fault's phase goes on after the heal for as long as the end of the alert may take.
    phases=Phases(fault_s=32),
    injections=[Injection(NearlyFull("ledger:primary", leave_mb=160), at_s=10, for_s=20)],
    expect=[
        Detected(alert="DiskWillBeFull", max_s=15, resolved_max_s=10),
        Rto(max_s=0),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.99),
        Converged(),
        Healed(),
    ],
    profile="full",
    tags=["disk", "warns"],
)
