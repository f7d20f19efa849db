"""The disk of the ledger's primary is full for 20 s: payments that need room are refused, and none is lost.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: PostgreSQL refuses what needs room (SQLSTATE 53100) and goes on with what does not; it ends only
when it cannot have a new file of WAL, and then Patroni fails over as after a death. No retry helps while there is no
room, so what a payments node answers says that nothing took effect, and its clients send the same key again. Somebody
must make room; the heal does. Early warning is what spares all this: see NearlyFull.

Expectation: RTO <= 50 s. While the primary lives, the outage lasts as long as the disk is full, 20 s, and 5 s for the
clients' backoff. When it ends for want of WAL as late as that, a failover follows: ttl = 20 s and 5 s. RPO = 0.
"""

from harness import (
    Converged,
    DiskFull,
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
)

experiment = Experiment(
    hypothesis="While the primary's disk is full payments may be refused, but none acknowledged is lost.",
    load=Load(rate_per_s=40),
    injections=[Injection(DiskFull("ledger:primary"), at_s=10, for_s=20)],
    expect=[
        Rto(max_s=50),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Converged(),
        Healed(),
    ],
    phases=Phases(recovery_max_s=90),
    tags=["database", "disk"],
)
