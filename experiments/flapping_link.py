"""The link between the payments nodes and the ledger's router comes and goes, five times.

It is never away for long enough to have anybody declared dead.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: nothing fails over. Sessions survive a cut of 2 s, because tcp_user_timeout is 3 s and 4 s; what
cannot be sent waits or is told off within the request's deadline of 1.5 s, and the same key is sent again. Each time
the link is back, the next operation finds it.

Expectation: RTO <= 30 s: an outage of at most 2 s for each cut, plus at most 3 s until TCP sends again after it (its
pauses double: 0.2, 0.4, 0.8, 1.6 s), counted from the first cut to the end of the last broken window: 4 x 5 s + 2 s +
3 s = 25 s, and two checks at the edge (2 s) until a payments node is ready again.
"""

from harness import (
    Availability,
    Converged,
    Experiment,
    Healed,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Partition,
    Repeat,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="A link that flaps five times costs payments only the moments in which it is away.",
    load=Load(rate_per_s=40),
    injections=[
        *Repeat(Partition.between("payments", "ledger-router"), at_s=10, times=5, every_s=5, for_s=2)
    ],
    expect=[
        Rto(max_s=30),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.5),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    tags=["network"],
)
