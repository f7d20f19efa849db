"""Every check by its name: what experiments import, what ``harness check`` makes again from ``run.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.checks.audit import AuditChainIntact
from harness.checks.availability import Availability
from harness.checks.detected import Detected
from harness.checks.duplicates import NoDuplicatePayments
from harness.checks.fails_closed import FailsClosed
from harness.checks.healing import Healed
from harness.checks.latency import Latency
from harness.checks.ledger import LedgerBalanced
from harness.checks.load_share import LoadShare
from harness.checks.lost import NoLostPayments
from harness.checks.monotonic import MonotonicStatus
from harness.checks.own_writes import ReadYourWrites
from harness.checks.phantoms import NoPhantomPayments
from harness.checks.reconciled import Reconciled
from harness.checks.recovery import Rto
from harness.checks.replicas import Converged
from harness.checks.single_writer import SingleWriter

__all__ = [
    "CHECKS",
    "AuditChainIntact",
    "Availability",
    "Converged",
    "Detected",
    "FailsClosed",
    "Healed",
    "Latency",
    "LedgerBalanced",
    "LoadShare",
    "MonotonicStatus",
    "NoDuplicatePayments",
    "NoLostPayments",
    "NoPhantomPayments",
    "ReadYourWrites",
    "Reconciled",
    "Rto",
    "SingleWriter",
]

CHECKS: Mapping[str, type[Any]] = {
    check.__name__: check
    for check in (
        Rto,
        Availability,
        Latency,
        NoLostPayments,
        NoDuplicatePayments,
        NoPhantomPayments,
        LedgerBalanced,
        Converged,
        Healed,
        Reconciled,
        MonotonicStatus,
        ReadYourWrites,
        SingleWriter,
        FailsClosed,
        AuditChainIntact,
        LoadShare,
        Detected,
    )
}
"""Name -> class. Each is a frozen dataclass whose fields are its bounds."""
