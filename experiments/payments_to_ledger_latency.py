"""Every answer of the ledger's router comes late by about 120 ms, as from another region; payments go on as before.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: nobody is declared dead for a late answer. The payments nodes hold more sessions at once, up to 20
each; the log-in of a new session takes three answers, 0.5 s at most, within its time-out of 1 s.

Expectation: RTO <= 2 s. A payment takes one answer of the ledger or two, 0.3 s; with a new session before it 0.8 s:
still good. Only the second in which the pools grow from what they had in calm, and the one in which the proxy lets go
of what it held back, may be worse.
"""

from harness import (
    Availability,
    Converged,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    LinkLatency,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Rto,
)

experiment = Experiment(
    hypothesis="With 120 ms on every answer of the ledger, payments are acknowledged within a second all the same.",
    load=Load(rate_per_s=40),
    injections=[Injection(LinkLatency("payments->ledger-router", 120, jitter_ms=30), at_s=10, for_s=20)],
    expect=[
        Rto(max_s=2),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.95),
        Converged(),
        Healed(),
    ],
    tags=["network", "link"],
)
