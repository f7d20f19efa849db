"""Two of the three ledger nodes cannot see each other; the third sees both: the partition that fools naive elections.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: leadership is decided in etcd, which all three still see, so it does not move. A commit needs
either standby (quorum commit), and the primary sees at least one whichever node is the bridge.

Expectation: RTO <= 5 s: two health checks of the ledger-router and the clients' time-outs, should its own view flap. A
primary that waited for one named standby would stop for wal_sender_timeout 10 s + loop_wait 5 s instead.
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
    Partition,
    Phases,
    Rto,
)

experiment = Experiment(
    hypothesis="A bridge partition among the ledger nodes stops payments for 5 s at most, and the books stay one.",
    load=Load(rate_per_s=40),
    phases=Phases(recovery_max_s=90),
    injections=[Injection(Partition.bridge("ledger"), at_s=10, for_s=35)],
    expect=[
        Rto(max_s=5),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.9),
        Converged(),
        Healed(),
    ],
    tags=["database", "network"],
)
