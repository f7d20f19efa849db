"""The ledger's primary hands over to a replica under load, as planned maintenance does; payments pause for seconds.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: Patroni on the primary makes a checkpoint, stops PostgreSQL in order, sees that a replica has all of
the log and gives up the leader key; that replica takes it and promotes. No time-out has to pass: everybody is told.
The other replica follows the new primary, and with it commits are confirmed again; the old one comes back as a replica.

Expectation: RTO <= 12 s: 1 s for the shutdown, 1 s that Patroni waits for the replicas, 2 s for the promotion, up to
loop_wait = 5 s until the other replica follows, 1 s for the router's checks, and 2 s for the clients' backoff and the
window. Nothing is lost: the primary stops only when its log is at a replica. At no time do two nodes accept writes.

Alert: none. There is a primary again before the 2 s are over after which LedgerPrimaryMissing wakes somebody.
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
    Phases,
    Rto,
    SingleWriter,
    Switchover,
)

experiment = Experiment(
    hypothesis="The ledger's primary can hand over within 12 s, and no acknowledged payment is lost.",
    load=Load(rate_per_s=40),
    phases=Phases(fault_s=25),
    injections=[Injection(Switchover("ledger"), at_s=10)],
    expect=[
        Rto(max_s=12),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        SingleWriter(),
        Availability(min_ratio=0.6),
        Converged(),
        Healed(),
    ],
    tags=["database"],
)
