"""One of the two replicas dies; no payment notices, and the monitoring says that the next loss will hurt.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a commit waits for either standby, so the other one confirms alone. The router takes the dead one out
of the reads after two checks. Started again, the node recovers, follows and is a standby as before; nobody steers it.
Until then a second loss stops all writes, which is what the alert is for: docs/runbooks/LedgerReplicaLost.md.

Expectation: RTO <= 3 s: reads on the dead replica wait for the router's two checks of a second each, then go on.
Detected within 15 s: a scrape every 2 s with a time-out of 1 s, an evaluation every 2 s, 4 s for which it must hold and
which end at an evaluation, a look of the harness once a second: 2 + 1 + 2 + 4 + 2 + 1 = 12 s, and 3 s for two busy
cores. Resolved within 15 s of the start: the node is a replica after 2 to 7 s, then scrape, evaluation and look take
5 s, and 3 s as before. **On the variant alerts-off this must fail**: nobody is told.
"""

from harness import (
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
    Rto,
)

experiment = Experiment(
    hypothesis="A lost replica is warned of within 15 s, while payments go on.",
    load=Load(rate_per_s=40),
    phases=Phases(fault_s=20, recovery_max_s=40, sustained_s=16),
    injections=[Injection(Kill("ledger:replica:one"), at_s=10, for_s=20)],
    expect=[
        Detected(alert="LedgerReplicaLost", max_s=15, resolved_max_s=15),
        Rto(max_s=3),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.95),
        Converged(),
        Healed(),
    ],
    profile="full",
    tags=["database", "monitoring"],
)
