"""The acquirer settles, and each of its answers ends in a reset; every payment is settled once all the same.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a reset after the request says nothing of the payment, so its item stays in the outbox and is tried
again by the same key, each time after a pause by chance up to a bound that doubles to 5 s. The acquirer answers a key
that it knows as it did before; the first answer that arrives posts the settlement, once.

Expectation: RTO 0: nobody who creates, approves or reads a payment waits for the acquirer. After it, every approved
payment is settled before the final reads, and the acquirer's books, which had them first, say the same.
"""

from harness import (
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
    ResetPeer,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="When each answer of the acquirer ends in a reset, every payment is settled exactly once afterwards.",
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
    injections=[Injection(ResetPeer("settlement->acquirer"), at_s=5, for_s=15)],
    phases=Phases(baseline_s=5, fault_s=25, recovery_max_s=20, sustained_s=3),
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
    tags=["network", "link", "settlement"],
)
