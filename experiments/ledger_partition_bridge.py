"""Two of the three ledger nodes cannot see each other; the third sees both: the partition that fools naive elections.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: leadership is decided in etcd, which all three still see, so it does not move. If the primary lost
its synchronous standby, Patroni names the other one once PostgreSQL gives the connection up (wal_sender_timeout), and
commits go on.

Expectation: RTO <= 25 s: wal_sender_timeout 10 s + loop_wait 5 s for Patroni to see it and 5 s to name the other
standby + 5 s for clients' time-outs and backoff; 0 when the bridge is the synchronous standby or the primary itself.
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
    hypothesis="A bridge partition among the ledger nodes stops payments for 25 s at most, and the books stay one.",
    load=Load(rate_per_s=40),
    phases=Phases(recovery_max_s=90),
    injections=[Injection(Partition.bridge("ledger"), at_s=10, for_s=35)],
    expect=[
        Rto(max_s=25),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.35),
        Converged(),
        Healed(),
    ],
    tags=["database", "network"],
)
