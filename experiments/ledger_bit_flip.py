"""A bit flips on a standby's disk: its page's checksum says so, the node is rebuilt, and payments never notice.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: every page has a checksum, so a standby that reads the page from its disk refuses to serve it rather
than serve something else. The primary is another disk: WAL carries changes, not pages that rotted, so nothing spreads.
Whoever finds the bad page empties the node's disk and starts it; Patroni copies the primary. Meanwhile the other
standby confirms what is paid (quorum commit).

Expectation: RTO <= 5 s: nothing that payments need is away; when the standby is rebuilt, reads that were on it are sent
again, which takes the router 2 s and the clients' backoff. RPO = 0, and all three books are the same in the end.
"""

from harness import (
    BitFlip,
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
    hypothesis="A bit that flips on a standby's disk is found by its checksum, and costs no payment.",
    load=Load(rate_per_s=40),
    injections=[
        Injection(
            BitFlip("ledger:sync-standby", relation="books.entries", database="ledger"), at_s=10, for_s=10
        )
    ],
    expect=[
        Rto(max_s=5),
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
