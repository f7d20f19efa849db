"""The repository of the backups dies under load; payments do not notice, and it takes up where it was.

Steady state: 90 of 100 operations are acknowledged within a second of their intended time.

Recovery strategy: a commit never waits for the archive. The primary's archiver tries each segment until the repository
has it, and a segment that is not archived is not thrown away. When the repository is back its scheduler makes a check,
for which a segment must arrive, and only then it is ready; the run ends well only when it is.

Expectation: RTO = 0, since nothing on a payment's way asks the repository. 99 of 100 operations in time: a refused
connection costs the archiver some milliseconds, three times a minute.

Alert: BackupArchiveStands (docs/runbooks/BackupArchiveStands.md); that it comes in time is held by
backup_repository_loss_warns.
"""

from harness import (
    Availability,
    Converged,
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
    hypothesis="Payments do not notice that the backups' repository is down, and WAL waits for it.",
    load=Load(rate_per_s=40),
    phases=Phases(fault_s=45),
    injections=[Injection(Kill("backup"), at_s=10, for_s=40)],
    expect=[
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
    tags=["backup"],
)
