"""A standby is lost, and before it is back the primary dies: one node is left, and it has everything.

It may not take a payment, though, until it has a standby again.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: quorum commit lets the primary go on with the other standby. When the primary dies, that standby is
promoted; strictly synchronous as it is, its commits wait for a standby. The one that was lost comes back while the
primary is down, follows the new primary, and payments go on.

Expectation: RTO <= 45 s from the loss of the standby, which costs nothing by itself: the primary dies 10 s later, its
successor is there after 30 s at most (ttl 20 s, loop_wait 5 s, promotion 3 s, router 2 s), and the standby, back at
30 s, has until then joined; 5 s more for its first connection to the new primary. RPO = 0 through both.
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
    hypothesis="When a standby is lost and then the primary dies, payments go on with two nodes and none is lost.",
    load=Load(rate_per_s=40),
    phases=Phases(recovery_max_s=90),
    injections=[
        Injection(Kill("ledger:replica:one"), at_s=10, for_s=30),
        Injection(Kill("ledger:primary"), at_s=20, for_s=45),
    ],
    expect=[
        Rto(max_s=45),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.3),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    tags=["database"],
)
