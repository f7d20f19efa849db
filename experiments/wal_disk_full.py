"""wal_disk_full: placeholder."""

from harness import (
    Converged,
    ErrorOnPath,
    Experiment,
    Healed,
    Injection,
    LedgerBalanced,
    Load,
    NoDuplicatePayments,
    NoLostPayments,
    NoPhantomPayments,
    Phases,
    Rto,
    SingleWriter,
)

experiment = Experiment(
    hypothesis="A primary that has no room for WAL, and room for data, hands over: payments go on, none is lost.",
    load=Load(rate_per_s=40),
    injections=[Injection(ErrorOnPath("ledger:primary", "data/pg_wal/**", error="ENOSPC"), at_s=10, for_s=40)],
    expect=[
        Rto(max_s=60),
        NoLostPayments(),
        NoDuplicatePayments(),
        NoPhantomPayments(),
        LedgerBalanced(),
        Converged(),
        SingleWriter(),
        Healed(),
    ],
    phases=Phases(recovery_max_s=90),
    tags=["database", "disk"],
)
