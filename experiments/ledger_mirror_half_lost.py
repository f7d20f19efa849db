"""The mirror under the ledger's primary loses one of its two disks under load: nobody fails over, no payment notices.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: the volume is a RAID 1, so every block is on the other disk, too. btrfs counts the errors of the lost
one and answers from the other; PostgreSQL sees none of it and stays primary. Whoever watches the counters replaces the
disk: the new one is written from the one that is left while the primary works on, and a scrub reads both to the end
before the mirror counts as whole.

Expectation: RTO <= 3 s, normally 0: no role moves and no connection ends; a commit may wait for the errors of the lost
disk, and for the blocks that the resynchronisation writes. RPO = 0. The mirror is whole in the end, on both disks.
"""

from harness import (
    Availability,
    Converged,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    MirrorHalfLost,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="When the primary's mirror loses a disk, payments go on, and the new disk is whole while they do.",
    load=Load(rate_per_s=40),
    injections=[Injection(MirrorHalfLost("ledger:primary"), at_s=10, for_s=20)],
    expect=[
        Rto(max_s=3),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.95),
        SingleWriter(),
        Converged(),
        Healed(),
    ],
    tags=["database", "disk"],
)
