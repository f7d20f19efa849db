"""The ledger commits, and on half of the connections nobody learns of it; nothing is paid twice, and nothing is lost.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a payments node gives up by its deadline of 1.5 s, says that the outcome is unknown, and throws the
session away. The client sends the same key again: what was committed is found by its key and answered, not done again.
Sessions that work are kept, so the pools heal while the link does not.

Expectation: 0 lost, 0 doubled. RTO <= 8 s: every session that is harmed costs one request 1.5 s, or 1 s where not even
its log-in is answered; a pool of 20 has about ten of them, taken one after the other at 13 requests a second on a node,
and a request that fails is tried again with the same odds: two rounds of 1.5 s, then those that the heal closes.
"""

from harness import (
    AnswerLost,
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
    Rto,
)

experiment = Experiment(
    hypothesis="When the ledger's answers are lost on half of the connections, each payment is made exactly once.",
    load=Load(rate_per_s=40),
    injections=[Injection(AnswerLost("payments->ledger-router", toxicity=0.5), at_s=10, for_s=15)],
    expect=[
        Rto(max_s=20),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.6),
        Converged(),
        Healed(),
    ],
    tags=["network", "link"],
)
