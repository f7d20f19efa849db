"""The consensus store loses its leader; payments do not notice, because the ledger's leader key outlives the election.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: the two remaining etcd members elect a leader within their election time-out (about a second);
Patroni on each ledger node retries for retry_timeout (5 s) before it would give its role up.

Expectation: RTO <= 5 s, one retry_timeout: no failover of the ledger is needed, so anything longer means that one
happened.
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
    Rto,
)

experiment = Experiment(
    hypothesis="When etcd's leader dies, payments go on without a failover of the ledger.",
    load=Load(rate_per_s=40),
    injections=[Injection(Kill("etcd:leader"), at_s=10, for_s=20)],
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
    tags=["control-plane"],
)
