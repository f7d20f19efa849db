"""The ledger's primary cannot reach the consensus store, while everybody else can, and it still reaches its standbys.

It must stop taking payments before another node begins to.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: Patroni on the primary fails to renew the leader key, tries for retry_timeout, and demotes before the
key's ttl is over. When it is over, a standby takes the key and promotes; the ledger-router finds it.

Expectation: RTO <= 30 s, as for a primary that died: ttl 20 s at most, loop_wait 5 s, 3 s for the promotion, 2 s for
the router and the clients. SingleWriter: the primary stops on its own within ttl, so no acknowledgement of the old
timeline is of a payment that was sent after one of the new timeline.
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
    SingleWriter,
)

experiment = Experiment(
    hypothesis="A primary without etcd stops taking payments before its successor starts; they go on within 30 s.",
    load=Load(rate_per_s=40),
    phases=Phases(recovery_max_s=90),
    injections=[Injection(Partition.between("ledger:primary", "etcd"), at_s=10, for_s=35)],
    expect=[
        Rto(max_s=30),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.35),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    tags=["control-plane", "network"],
)
