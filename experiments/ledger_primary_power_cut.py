"""The ledger's primary loses power: what was not on its disk is gone, and no acknowledged payment was among it.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: as after the primary's death. What is different is what comes back: after a kill all that the node
had written, from the kernel's cache; after a power cut only what was fsynced. The file system replays its log,
PostgreSQL replays its WAL, and Patroni rewinds the node to the new primary's history.

Expectation: RTO <= 30 s: ttl = 20 s, loop_wait = 5 s, 3 s for the promotion, 2 s for the router's checks and the
clients' backoff. RPO = 0: an acknowledged payment is fsynced on the primary and on one standby at least.
"""

from harness import (
    Availability,
    Converged,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    PowerCut,
    Rto,
)

experiment = Experiment(
    hypothesis="When the primary loses power, payments go on within 30 s and none that was acknowledged is lost.",
    load=Load(rate_per_s=40),
    injections=[Injection(PowerCut("ledger:primary"), at_s=10, for_s=35)],
    expect=[
        Rto(max_s=30),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.35),
        Converged(),
        Healed(),
    ],
    tags=["database", "disk"],
)
