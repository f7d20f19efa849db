"""One payments node stops in the middle of what it does, keeps its connections, and answers nothing.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a third of the requests waits for an answer that does not come; the edge's health checks time out
and mark the node down, its sessions are cut, and clients send the same key again elsewhere. When the node wakes up, it
finishes what it held: with the same keys, so nothing is done twice.

Expectation: RTO <= 8 s: two health checks that each need their time-out of a second on top of the second between them,
then the client's time-out of two seconds and its backoff. **On the variant no-idempotency this must fail**: what the
node held is paid when it wakes up, and was paid before by the same key elsewhere.
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
    Pause,
    Rto,
)

experiment = Experiment(
    hypothesis="When one payments node hangs, the others take over within 8 s and nothing is paid twice.",
    load=Load(rate_per_s=40),
    injections=[Injection(Pause("payments:one"), at_s=10, for_s=15)],
    expect=[
        Rto(max_s=8),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.8),
        Converged(),
        Healed(),
    ],
    tags=["service"],
)
