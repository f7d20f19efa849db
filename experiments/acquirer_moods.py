"""The acquirer is slow, then refuses, then loses its answers; nobody who pays notices, and its word is what is posted.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a slow answer is an answer. A refusal is the acquirer's word for ever: the payment fails, and the
money goes back from the hold account. A lost answer says nothing: the item is asked again with the same key, after a
pause by chance up to a bound that doubles to 5 s, and the acquirer says again what it has accepted.

Expectation: RTO 0: who creates, approves or reads a payment waits for no settlement. What was approved while the
acquirer refused is failed and not settled, everything else is settled once, and its books say the same of each.

Alert: none. No mood lasts as long as an item must wait (10 s) before SettlementBacklogGrows wakes anybody.
"""

from harness import (
    AcquirerAnswerLost,
    AcquirerRefuses,
    AcquirerSlow,
    AuditChainIntact,
    Availability,
    Converged,
    Experiment,
    FailsClosed,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    MonotonicStatus,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    ReadYourWrites,
    Reconciled,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="Payments go on while the acquirer is slow, refuses or loses answers, and its word is posted once.",
    load=Load(
        rate_per_s=45,
        mix={
            "create_payment": 5,
            "create_four_eyes": 11,
            "approve": 10,
            "reject": 1,
            "read_status": 15,
            "forbidden_no_token": 0.5,
            "forbidden_self_approval": 0.5,
            "forbidden_payer_approval": 0.5,
            "forbidden_other_body": 0.5,
            "forbidden_anothers_payment": 0.5,
            "forbidden_list": 0.5,
        },
    ),
    injections=[
        Injection(AcquirerSlow("acquirer", delay_ms=700), at_s=5, for_s=6),
        Injection(AcquirerRefuses("acquirer"), at_s=13, for_s=5),
        Injection(AcquirerAnswerLost("acquirer"), at_s=20, for_s=6),
    ],
    phases=Phases(baseline_s=5, fault_s=30, recovery_max_s=20, sustained_s=3),
    expect=[
        Rto(max_s=1),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.98),
        Converged(),
        Reconciled(),
        MonotonicStatus(),
        ReadYourWrites(),
        SingleWriter(),
        FailsClosed(),
        AuditChainIntact(),
        Healed(),
    ],
    profile="full",
    tags=["service", "settlement"],
)
