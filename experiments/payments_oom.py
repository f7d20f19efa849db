"""The kernel kills a payments node for want of memory, and again each time it is started, until the memory is back.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: as for a node that dies: requests in flight on it break and their clients send the same key again;
the edge marks it down and balances over the other two. The engine starts it again and again, with growing pauses; it
is not ready before it is killed, so it gets no request meanwhile. With its memory back it stays, and takes its share.

Expectation: RTO <= 5 s, as for a payments node that dies: two health checks of a second each, then the client's
time-out of two seconds and its backoff. A node that is killed while it starts costs nothing more: a connection that is
refused had no effect, and the edge tries another node at once. A payments node uses about 27 MiB; 20 are too few.
"""

from harness import (
    Availability,
    Converged,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    MemoryLimit,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="When a payments node is killed for want of memory, again and again, the others take over within 5 s.",
    load=Load(rate_per_s=40),
    phases=Phases(recovery_max_s=90),
    injections=[Injection(MemoryLimit("payments:one", limit_mib=20), at_s=10, for_s=20)],
    expect=[
        Rto(max_s=5),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.95),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    tags=["service", "resources"],
)
