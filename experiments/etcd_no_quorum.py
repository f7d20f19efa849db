"""The consensus store loses its majority: nobody may be elected, and the primary gives its role up.

Payments stop, and must come back by themselves with nothing lost.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: without a majority etcd takes no write, so the ledger's primary cannot renew its leader key. Patroni
tries for retry_timeout (5 s) and then demotes the primary, lest another one be elected behind its back: the ledger
reads on and takes no payment. When the majority is back, etcd elects a leader, and one of the ledger nodes takes the
key and promotes.

Expectation: RTO <= 50 s from the loss: the majority is away for 25 s; after it is back come etcd's start and election
(4 s: its time-out is 2 s), the leader key that may live on for ttl = 20 s when etcd extends the leases of a new leader,
loop_wait is passed by then, and 1 s for the router's checks. RPO = 0.
"""

from harness import (
    Availability,
    Converged,
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
    SingleWriter,
)

experiment = Experiment(
    hypothesis="When etcd has no majority, payments stop, and go on within 25 s of its return with nothing lost.",
    load=Load(rate_per_s=40),
    phases=Phases(recovery_max_s=90),
    injections=[Injection(Kill("etcd:majority"), at_s=10, for_s=25)],
    expect=[
        Rto(max_s=50),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.2),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    tags=["control-plane", "dr"],
)
