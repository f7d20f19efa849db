"""The ledger's primary dies under load; payments go on after the failover and nothing acknowledged is lost.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: Patroni on the standbys notices that the leader key was not renewed; the one that has more of the log
takes it and promotes; the ledger-router's health check finds the new primary and cuts sessions to the old one; the
payments nodes answer what they cannot do with an error that says whether it took effect, and their clients send the
same key again. When the old primary comes back, Patroni rewinds it and it follows.

Expectation: RTO <= 30 s, because the leader key lives for ttl = 20 s at most after the death, and after that come
loop_wait = 5 s at most for the standby to look, 3 s for the promotion, and 2 s for the router's checks and the clients'
backoff. Reads stay: the replicas serve them. RPO = 0: a payment is acknowledged only when one standby has it (quorum
commit), and none is promoted that has less of the log than the other.
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
    hypothesis="When the ledger's primary dies, payments go on within 30 s and none that was acknowledged is lost.",
    load=Load(rate_per_s=40),
    injections=[Injection(Kill("ledger:primary"), at_s=10, for_s=35)],
    expect=[
        Rto(max_s=30),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.35),
        Converged(),
        Healed(),
    ],
    tags=["gate", "database"],
)
