"""Clients that never log in take every slot of the ledger's primary; payments go on with the sessions that they have.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: the payments nodes keep their sessions in pools, so most requests need no new one. One that does is
refused by the server (53300), surely without effect; the node says so, and the client sends the same key again, by
when a session is at rest. Replication has slots of its own, and Patroni keeps the session that it has.

Expectation: RTO <= 3 s: the pools are as large as the load of the baseline made them, so only bursts beyond it are
refused, for the client's backoff of a second at most, twice. No failover: the leader key is renewed all the time.
"""

from harness import (
    Availability,
    ConnectionsExhausted,
    Converged,
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
    hypothesis="When the primary has no slot for a new session, payments go on within 3 s with those that they have.",
    load=Load(rate_per_s=40),
    injections=[Injection(ConnectionsExhausted("ledger:primary"), at_s=10, for_s=20)],
    expect=[
        Rto(max_s=3),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.95),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    tags=["database", "resources"],
)
