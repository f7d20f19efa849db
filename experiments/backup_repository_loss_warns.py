"""The repository of the backups dies under load; the monitoring says so before a backup is missed.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: docs/runbooks/BackupArchiveStands.md. WAL waits on the primary's disk meanwhile; the alert lasts from
the repository's death until its scheduler has seen a segment arrive again, so its end is the end of the trouble.

Expectation: the alert within 12 s: 2 s until the next scrape, 2 s until the next evaluation, 4 s that it must last,
2 s because those fall on evaluations, 1 s until the harness asks, and 1 s for two busy cores. Resolved within 25 s of
the heal: 4 s until the scheduler runs and has made its stanza, 15 s at most for the segment of its check (pgBackRest's
archive-timeout), and 2 + 2 + 1 s as above. RTO = 0: nothing on a payment's way asks the repository.
"""

from harness import (
    Availability,
    Converged,
    Detected,
    Experiment,
    Healed,
    Injection,
    Kill,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Rto,
)

experiment = Experiment(
    hypothesis="When the backups' repository is down, an alert says so within 12 s, and payments do not notice.",
    load=Load(rate_per_s=40),
    # The fault's phase goes on after the heal for as long as the end of the alert may take.
    phases=Phases(fault_s=52),
    injections=[Injection(Kill("backup"), at_s=10, for_s=25)],
    expect=[
        Detected(alert="BackupArchiveStands", max_s=12, resolved_max_s=25),
        Rto(max_s=0),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Availability(min_ratio=0.99),
        Converged(),
        Healed(),
    ],
    profile="full",
    tags=["backup", "warns"],
)
