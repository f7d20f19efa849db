"""One of the three payments nodes dies; the edge sends its share to the others.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: requests in flight on the dead node break and their clients send the same key again; the edge marks
the node down after its health checks (every second, two failures) and balances over the other two. Started again, the
node takes its share when it says that it is ready.

Expectation: RTO <= 5 s: two health checks of a second each, then the client's time-out of two seconds and its backoff.
Meanwhile the survivors answer in the proportion of their weights (x-edge-weights in compose.yaml), up to 5 of 100:
until the node is marked down its requests are refused and go to whoever is next, not by weight.
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
    LoadShare,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Rto,
)

experiment = Experiment(
    hypothesis="When one payments node dies, the others take over within 5 s.",
    load=Load(rate_per_s=40),
    injections=[Injection(Kill("payments:one"), at_s=10, for_s=15)],
    expect=[
        Rto(max_s=5),
        LoadShare(weights={"payments-1": 40, "payments-2": 30, "payments-3": 30}, phase="fault"),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.85),
        Converged(),
        Healed(),
    ],
    tags=["service"],
)
