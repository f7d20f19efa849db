"""The ledger's primary is cut off from everything, but lives; the other side takes over and it must not answer twice.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: the isolated primary cannot renew its leader key and demotes itself; a standby takes the key when it
expires; the ledger-router sees the old primary's health check fail and cuts its sessions. After the heal the old
primary rejoins as a replica.

Expectation: RTO <= 32 s: ttl 20 s + loop_wait 5 s + promotion 3 s + router and clients 2 s + 2 s because the
isolation also silences the router's sessions, which end by time-out. RPO = 0: what the isolated
primary took could not be confirmed by a standby, so none of it was acknowledged.
"""

from harness import (
    Availability,
    Converged,
    Experiment,
    Healed,
    Injection,
    Isolate,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Rto,
)

experiment = Experiment(
    hypothesis="When the ledger's primary is isolated, payments go on without it within 32 s and none is lost.",
    load=Load(rate_per_s=40),
    phases=Phases(recovery_max_s=90),
    injections=[Injection(Isolate("ledger:primary"), at_s=10, for_s=40)],
    expect=[
        Rto(max_s=32),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.3),
        Converged(),
        Healed(),
    ],
    tags=["database", "network"],
)
