"""Every payments node is restarted, one after the other, as when a new version is rolled out; no client notices.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a node that is told to stop finishes what it has (its own deadline is 1.5 s) and takes nothing new;
a connection that it refuses had no effect, and the edge tries another node at once. The next node is restarted only
when the one before has its share again: ready after a second or two, and eased in over 5 s by slow start.

Expectation: RTO = 0 and 99 of 100 operations in time: a restart in order is no outage, and only a stray operation may
be late on a small machine.

Alert: none. A node is away for less than the 4 s after which PaymentsNodeDown warns; maintenance wakes nobody.
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
    Restart,
    Rto,
)

experiment = Experiment(
    hypothesis="The payments nodes can be restarted one after the other without any client noticing.",
    load=Load(rate_per_s=40),
    phases=Phases(fault_s=40),
    injections=[
        Injection(Restart("payments-1"), at_s=10),
        Injection(Restart("payments-2"), at_s=22),
        Injection(Restart("payments-3"), at_s=34),
    ],
    expect=[
        Rto(max_s=0),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.99),
        Converged(),
        Healed(),
    ],
    tags=["service"],
)
