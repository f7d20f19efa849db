"""A replica is cut from the primary and goes on answering reads: who shows how far he was is not shown less.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: the primary's commits wait for the other standby, so nobody notices the cut by writing. The replica
that is behind keeps its share of the reads: the router takes it out only when it lags by 16 MB. A reader sends the
position that he knows (X-Read-After); the replica has not replayed it, so it is not believed and the primary is asked.
The replica gives its dead connection up after wal_receiver_timeout (10 s), makes a new one, and takes what it missed
from the primary's log.

Expectation: RTO <= 1 s, one window: a read that asks twice takes some milliseconds more. 98 of 100 operations in time,
for the moment in which the cut catches commits that this replica would have confirmed first. **On the variant
stale-reads this must fail**: half of the reads go to that replica, and many payments that they ask for moved on.
"""

from harness import (
    AuditChainIntact,
    Availability,
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
    Partition,
    Phases,
    ReadYourWrites,
    Reconciled,
    Rto,
)

experiment = Experiment(
    hypothesis="Nobody is shown less than he knows by a replica that is behind.",
    load=Load(rate_per_s=45, mix={"create_four_eyes": 12, "approve": 11, "reject": 1, "read_status": 21}),
    injections=[Injection(Partition.between("ledger:primary", "ledger:replica:one"), at_s=5, for_s=8)],
    phases=Phases(baseline_s=5, recovery_max_s=30, sustained_s=5),
    expect=[
        ReadYourWrites(),
        MonotonicStatus(),
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
    tags=["database", "network"],
)
