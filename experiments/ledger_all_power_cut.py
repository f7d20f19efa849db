"""The whole site loses power, all of the ledger and of its consensus store at once: nothing acknowledged is lost.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: none but durable storage: no other node has a copy that survived in memory. When the power is
back, every file system replays its log, etcd its own and finds its quorum, PostgreSQL its WAL; Patroni promotes a node
that has every acknowledged payment.

Expectation: no payment while the power is off (10 s); RTO <= 55 s: 10 s without power, then the containers start
within 5 s; etcd elects within 4 s (ELECTION_TIMEOUT is 2 s); the old leader key has run out or does within ttl = 20 s,
and it takes loop_wait = 5 s at most until a node looks; PostgreSQL replays for 5 s at most; the router and the clients'
backoff take 2 s, and 4 s are the machine's. RPO = 0: every acknowledged payment was fsynced on two nodes.
"""

from harness import (
    Converged,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    PowerCut,
    Rto,
)

experiment = Experiment(
    hypothesis="After the whole site lost power payments go on within 45 s, and none acknowledged is lost.",
    load=Load(rate_per_s=40),
    injections=[
        Injection(PowerCut("ledger"), at_s=10, for_s=10),
        Injection(PowerCut("etcd"), at_s=10, for_s=10),
    ],
    expect=[
        Rto(max_s=55),
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
