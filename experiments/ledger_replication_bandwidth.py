"""The links between the ledger's nodes carry less than the log needs; commits wait, and none is acknowledged alone.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a commit counts only when a standby has it, so the narrow link slows payments down to what it
carries. Whoever waits longer than 1.5 s is told that the outcome is unknown, and sends the same key again. Leadership
is decided in etcd, over other links, and does not move. When the link is wide again, what is queued arrives at once.

Expectation: nothing acknowledged is lost, and no payment is made twice. RTO <= 35 s: the 20 s of the fault, 1 s for
the log that is queued behind it; a standby that was given up meanwhile streams again within wal_retrieve_retry_interval
1 s and is in the quorum again after two rounds of Patroni (loop_wait 5 s each: one sees it stream, one counts it); and
2 s for the clients' backoff and the window.
"""

from harness import (
    Availability,
    Bandwidth,
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
    Rto,
)

experiment = Experiment(
    hypothesis="On replication links too narrow for the log, payments wait, and no acknowledged one is lost.",
    load=Load(rate_per_s=40),
    phases=Phases(recovery_max_s=60),
    injections=[Injection(Bandwidth("ledger->ledger", rate_kbps=160), at_s=10, for_s=20)],
    expect=[
        Rto(max_s=35),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.4),
        Converged(),
        Healed(),
    ],
    tags=["database", "network", "link"],
)
