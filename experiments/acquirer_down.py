"""The acquirer is gone for a while; payments are created and approved all the same, and settled when it is back.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a call without an answer says nothing of the payment, so its item stays in the outbox and is tried
again, each time after a pause by chance up to a bound that doubles to 5 s. An acquirer in trouble parks nothing. When
it is back, the backlog drains; what it had accepted before it died it answers again by the same key.

Expectation: RTO 0: the outbox keeps the acquirer's outage from whoever pays. After it, every approved payment is
settled before the final reads, and the acquirer's books say the same. **On the variant settle-before-commit this must
fail**: what was posted while the acquirer was down is never asked of it.

Alert: SettlementBacklogGrows (docs/runbooks/SettlementBacklogGrows.md) within 22 s, resolved within 25 s of the heal,
as in settlement_backlog_warns.
"""

from harness import (
    AuditChainIntact,
    Availability,
    Converged,
    Detected,
    Experiment,
    FailsClosed,
    Healed,
    Injection,
    Kill,
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
    hypothesis="Payments go on while the acquirer is down, and each is settled exactly once when it is back.",
    load=Load(
        rate_per_s=45,
        mix={
            "create_payment": 5,
            "create_four_eyes": 11,
            "approve": 10,
            "reject": 1,
            "read_status": 15,
            "forbidden_no_token": 0.375,
            "forbidden_expired_token": 0.375,
            "forbidden_anothers_account": 0.375,
            "forbidden_self_approval": 0.375,
            "forbidden_payer_approval": 0.375,
            "forbidden_other_body": 0.375,
            "forbidden_anothers_payment": 0.375,
            "forbidden_list": 0.375,
        },
    ),
    injections=[Injection(Kill("acquirer"), at_s=5, for_s=20)],
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
