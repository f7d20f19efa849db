"""Nothing is harmed, and each payments node has its share of the requests: 40, 30 and 30 of 100.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: none is needed. That the survivors have the shares of a dead node is payments_node_kill's to show.

Expectation: the weights are those of x-edge-weights in compose.yaml. The edge takes the nodes in turn by weight, so a
share is off by some requests at most, whatever chance does; 2 of 100 is the tolerance for requests that were sent
twice. Judged after the baseline: a node that has just come up is eased in for 5 s. **On the variant equal-weights this
must fail**: payments-1 is 6.7 of 100 away, which the 1500 answers of 25 s tell apart (3 standard deviations are 3.8).
"""

from harness import (
    Availability,
    Converged,
    Experiment,
    Healed,
    LedgerBalanced,
    Load,
    LoadShare,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Rto,
)

experiment = Experiment(
    hypothesis="The edge spreads the requests over the payments nodes by their weights.",
    load=Load(rate_per_s=60),
    phases=Phases(baseline_s=5, fault_s=25, recovery_max_s=20, sustained_s=3),
    expect=[
        LoadShare(
            weights={"payments-1": 40, "payments-2": 30, "payments-3": 30}, tolerance=0.02, phase="fault"
        ),
        Rto(max_s=0),
        Availability(min_ratio=0.99),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Converged(),
        Healed(),
    ],
    tags=["service"],
)
