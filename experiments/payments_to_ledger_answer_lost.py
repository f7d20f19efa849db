"""The ledger commits and nobody learns of it, five times over; nothing is paid twice, and nothing is lost.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a payments node gives up by its deadline of 1.5 s, says that the outcome is unknown, and throws the
session away. The client sends the same key again: what was committed is found by its key and answered, not done again.
A new session does not stand while its log-in is not answered, so from then on the node says that nothing happened. The
heal closes what is left of the old sessions.

Expectation: 0 lost, 0 doubled: every session that stands when it begins takes one payment more whose answer is lost.
RTO <= 30 s: it begins five times in 20 s and lasts 1.5 s beyond the second or so until it is seen, then the deadline of
1.5 s and the client's next attempts within 3 s. Between two of them payments go on, but not for long.
"""

from harness import (
    AnswerLost,
    Availability,
    Converged,
    Experiment,
    Healed,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Repeat,
    Rto,
)

experiment = Experiment(
    hypothesis="When the ledger's answers are lost again and again, each payment is made exactly once.",
    load=Load(rate_per_s=40),
    injections=[*Repeat(AnswerLost("payments->ledger-router"), at_s=10, times=5, every_s=5, for_s=1.5)],
    expect=[
        Rto(max_s=30),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.5),
        Converged(),
        Healed(),
    ],
    tags=["network", "link"],
)
