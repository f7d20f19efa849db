"""Both settlement workers freeze, with their calls and their sessions open; nobody who pays notices.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: the outbox takes what is approved, and nobody waits for it to be emptied. What the frozen workers had
taken is theirs until its lease of 6 s ends; who thaws first takes it again, and the acquirer answers the same key as it
did before. A worker that froze inside a transaction holds its locks for 5 s, then the database ends the session.

Expectation: RTO 0, and 98 of 100 operations in time: only who pays to an account that a frozen transaction has locked
is refused meanwhile, without effect, and that is one account for 5 s at most. After the thaw the backlog of 20 s
drains, and every payment is settled once although two workers may have had it.

Alert: SettlementWorkerDown (docs/runbooks/SettlementWorkerDown.md) within 15 s: 1 s until a read is given up, 4 s
that it must last, and 10 s as every alert (docs/monitoring.md). Resolved within 10 s of the heal. Who is frozen tells
nobody how old the backlog is, so SettlementBacklogGrows is silent.
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
    LedgerBalanced,
    Load,
    MonotonicStatus,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Pause,
    Phases,
    ReadYourWrites,
    Reconciled,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="While both settlement workers are frozen nobody notices, and then each payment is settled once.",
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
    injections=[Injection(Pause("settlement"), at_s=5, for_s=20)],
    phases=Phases(baseline_s=5, fault_s=36, recovery_max_s=20, sustained_s=3),
    expect=[
        Detected(alert="SettlementWorkerDown", max_s=15, resolved_max_s=10),
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
