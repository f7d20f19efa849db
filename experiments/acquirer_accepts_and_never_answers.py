"""The acquirer accepts every settlement and answers none; nobody who pays notices, and none is settled twice.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a call is given up after 2 s, and silence is no refusal: the item stays in the outbox and is asked
again with the same key, each time after a pause by chance up to a bound that doubles to 5 s. The acquirer knows the
key and changes nothing. When it answers again, it says what it has accepted long ago, and that is posted, once.

Expectation: RTO 0: who creates, approves or reads a payment waits for no settlement. All calls that the two workers may
have open at once (8 each) hang meanwhile, so the backlog grows by what is approved; after the fault it is due within
5 s and drains. Then the acquirer's books and the ledger agree both ways, though it was asked several times for each.

Alert: SettlementBacklogGrows (docs/runbooks/SettlementBacklogGrows.md) within 22 s, resolved within 25 s of the heal,
as in settlement_backlog_warns.
"""

from harness import (
    AcquirerNeverAnswers,
    AuditChainIntact,
    Availability,
    Converged,
    Detected,
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
    hypothesis="Payments go on while the acquirer accepts and never answers, and each is settled exactly once.",
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
    injections=[Injection(AcquirerNeverAnswers("acquirer"), at_s=5, for_s=20)],
    phases=Phases(baseline_s=5, fault_s=40, recovery_max_s=20, sustained_s=3),
    expect=[
        Detected(alert="SettlementBacklogGrows", max_s=22, resolved_max_s=25),
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
