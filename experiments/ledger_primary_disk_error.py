"""The disk of the ledger's primary dies under load, and the node lives: payments go on elsewhere, none is lost.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: the primary's first fsync of WAL fails, and PostgreSQL ends itself rather than go on (it never
trusts a disk after that). It cannot start again on a dead disk, so Patroni gives the leader key up, or it runs out; the
standby that has more of the log promotes. When the disk is back (the heal mounts its file system anew), Patroni rewinds
the node and it follows.

Expectation: RTO <= 30 s. Patroni sees its server end and gives the leader key up, so a standby is promoted at once
(measured: 1.9 and 2.9 s). At the worst it hangs on the dead disk and the key runs out after ttl = 20 s; then as after a
death: loop_wait = 5 s, 3 s for the promotion, 2 s for the router and the clients' backoff. RPO = 0.
"""

from harness import (
    Availability,
    Converged,
    DiskError,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="When the primary's disk dies, payments go on within 30 s and none that was acknowledged is lost.",
    load=Load(rate_per_s=40),
    injections=[Injection(DiskError("ledger:primary"), at_s=10, for_s=35)],
    expect=[
        Rto(max_s=30),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.35),
        SingleWriter(),
        Converged(),
        Healed(),
    ],
    tags=["database", "disk"],
)
