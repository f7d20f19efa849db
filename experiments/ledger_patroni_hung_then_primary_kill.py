"""Patroni hangs beside one standby, and then the primary dies: the other standby must not guess.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: the standby whose Patroni hangs still gets the log and confirms commits, so what was acknowledged
last may be there alone. The other standby takes the leader key only if it knows that it has as much; as long as the
hanging Patroni does not say how far its server is, it waits. When Patroni goes on, the one with more of the log is
promoted.

Expectation: RTO <= 52 s: Patroni hangs for 35 s, and 5 s of them pass before the primary dies; after that come
ttl = 20 s at most, less what has passed already, loop_wait 5 s, the promotion 3 s, router and clients 2 s: 35 s + 10 s
when the key is long gone by then, and 7 s for the hung Patroni to find its place. RPO = 0: that is what waiting is for.
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
    ProcessStopped,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="With one standby's Patroni hung, a dead primary is succeeded late and not wrongly: nothing is lost.",
    load=Load(rate_per_s=40),
    phases=Phases(recovery_max_s=90),
    injections=[
        Injection(ProcessStopped("ledger:replica:one", "patroni"), at_s=10, for_s=35),
        Injection(Kill("ledger:primary"), at_s=15, for_s=50),
    ],
    expect=[
        Rto(max_s=52),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.2),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    tags=["control-plane", "database"],
)
