"""The primary has no room for WAL for 50 s, and room for its data: payments fail over, and none is lost.

Every write and every new file below pg_wal fails with ENOSPC, as on a volume of its own for WAL that is thin or copies
on write and has no block left. Where the blocks of a segment are there already (ext4, XFS), a primary lives until it
needs a new segment, and then the same happens.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: PostgreSQL cannot finish a commit without WAL, so it PANICs at the first one. Its crash recovery ends
with a checkpoint, which is WAL, too: it PANICs again, about twice a second, for as long as there is no room. Patroni
sees a primary that is starting up and renews its leader key all the while; only primary_start_timeout ends that (20 s
here; Patroni's default is 300 s, and then the outage lasts as long as the disk is full: measured). Then it stops that
server and gives the key to a standby. The old primary's commits that no standby had were never acknowledged. With room
again it is rewound, or replays what it lacks, and follows.

Expectation: RTO <= 40 s, before there is room again: primary_start_timeout = 20 s, at most two rounds of loop_wait, 5 s
each, until it is noticed and again until it is over, 3 s for the promotion, 5 s for router, pools and clients.
Measured: 27 to 30 s. RPO = 0, and one writer at a time.
"""

from harness import (
    Converged,
    ErrorOnPath,
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
    hypothesis="A primary that has no room for WAL, and room for data, hands over: payments go on, none is lost.",
    load=Load(rate_per_s=40),
    injections=[
        Injection(ErrorOnPath("ledger:primary", "data/pg_wal/**", error="ENOSPC"), at_s=10, for_s=50)
    ],
    expect=[
        Rto(max_s=40),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    phases=Phases(recovery_max_s=90),
    tags=["database", "disk"],
)
