"""The primary's disk is slow for 20 s: nobody fails over from a server that answers, and no payment is lost.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: none. The primary answers its health checks and keeps its leader key, which is on other disks, so
it stays primary; its commits wait for their fsync. The payments nodes give a request up after 1.5 s and say that the
outcome is unknown; the same key sent again settles it. When the disk is quick again the queue drains.

Expectation: RTO <= 35 s: 20 s for as long as the disk is slow, and 15 s until what queued up on it (checkpoints, WAL)
is written and the clients' backoff is over. RPO = 0.
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
    Rto,
    SlowDisk,
)

experiment = Experiment(
    hypothesis="While the primary's disk is slow payments may be late, but none is lost and none is made twice.",
    load=Load(rate_per_s=40),
    injections=[Injection(SlowDisk("ledger:primary", rate_kb_per_s=64), at_s=10, for_s=20)],
    expect=[
        Rto(max_s=35),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Converged(),
        Healed(),
    ],
    tags=["database", "disk"],
)
