"""The primary's wall clock jumps 300 s ahead, and 15 s later back: payments go on, and no book is confused.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: nothing of the payments trusts one clock alone. Entries of an account are each later than the one
before, whatever the clock says; the audit trail is a chain of hashes; what a wrong clock made due in the outbox is due
when the clock is right. What must find its way back is the ledger's own housekeeping, which goes by the wall clock:

- Ahead: PostgreSQL takes its standbys for silent (wal_sender_timeout) and cuts them off; they are back within 2 s, and
  no commit is acknowledged without one. Patroni takes its own leader key for expired, so it says that it is no primary
  and the router closes all sessions, until the next round of loop_wait = 5 s renews the key.
- Back: Patroni waits for its next round until the clock gets there, and renews nothing. After ttl = 20 s its key is
  gone, which wakes it: it takes the key again, or a standby does and is promoted.

Expectation: RTO <= 55 s: the clock is ahead for 15 s and up to 4 s more until that is believed and 2 s until all know
that it is right again; then come ttl = 20 s, and for a promotion 3 s, router and clients 2 s, and as long again for
what queued up. Payments are refused for at most 9 s at each of the two jumps (loop_wait 5 s, router 1 s, pools and
queue 3 s), which is why 6 of 10 operations of the whole run are still in time. RPO = 0, and one writer at a time.
"""

from harness import (
    AuditChainIntact,
    Availability,
    ClockSkew,
    Converged,
    Experiment,
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
    hypothesis="A primary whose clock is wrong loses no payment, makes none twice, and shares its books with nobody.",
    load=Load(
        rate_per_s=40,
        mix={"create_payment": 15, "create_four_eyes": 6, "approve": 6, "read_status": 13},
    ),
    injections=[Injection(ClockSkew("ledger:primary", by_s=300), at_s=6, for_s=15)],
    # Until the key that is not renewed after the heal has run out, and somebody has it again.
    phases=Phases(baseline_s=5, fault_s=50, recovery_max_s=30, sustained_s=3),
    expect=[
        Rto(max_s=55),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.6),
        Converged(),
        Reconciled(),
        MonotonicStatus(),
        ReadYourWrites(),
        SingleWriter(),
        AuditChainIntact(),
        Healed(),
    ],
    profile="full",
    tags=["control-plane", "database"],
)
