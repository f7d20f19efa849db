"""Nothing is harmed: the full profile carries the whole life of ten payments a second, from creation to settlement.

Steady state: 95 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: none is needed. A run that fails here says that the stack, the load or this machine is not fit for
the experiments on settlement.

The load is all that people do: they log in, create payments, approve or reject another's, follow them, list what they
paid, read statements, change their profiles, and try what they must not. Of 40 operations a second 10 create a payment
by four eyes and as many decide on one.

Expectation: all of it is acknowledged in time but for a stray one, the settlement workers keep up with the approvals,
and every book agrees: the ledger's, the acquirer's and the audit trail.
"""

from harness import (
    AuditChainIntact,
    Availability,
    Converged,
    Experiment,
    FailsClosed,
    Healed,
    Latency,
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
    hypothesis="Ten whole payments a second are created, approved, settled and read while nothing is harmed.",
    load=Load(
        rate_per_s=40,
        mix={
            "log_in": 0.25,
            "create_four_eyes": 10.25,
            "approve": 10,
            "reject": 0.25,
            "read_status": 10,
            "list_payments": 2.5,
            "read_statement": 2.5,
            "read_profile": 1.25,
            "change_profile": 1.25,
            "forbidden_no_token": 0.125,
            "forbidden_expired_token": 0.125,
            "forbidden_self_approval": 0.25,
            "forbidden_payer_approval": 0.25,
            "forbidden_other_body": 0.25,
            "forbidden_anothers_account": 0.25,
            "forbidden_anothers_statement": 0.25,
            "forbidden_anothers_payment": 0.125,
            "forbidden_list": 0.125,
        },
    ),
    phases=Phases(baseline_s=5, fault_s=30, recovery_max_s=20, sustained_s=3),
    expect=[
        Rto(max_s=0),
        Availability(min_ratio=0.99),
        Latency(max_ms=500, percentile=99),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
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
