"""Every check by its name: what experiments import, what ``harness check`` makes again from ``run.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.checks.availability import Availability
from harness.checks.duplicates import NoDuplicatePayments
from harness.checks.healing import Healed
from harness.checks.latency import Latency
from harness.checks.ledger import LedgerBalanced
from harness.checks.lost import NoLostPayments
from harness.checks.phantoms import NoPhantomPayments
from harness.checks.recovery import Rto
from harness.checks.replicas import Converged

__all__ = [
    "CHECKS",
    "Availability",
    "Converged",
    "Healed",
    "Latency",
    "LedgerBalanced",
    "NoDuplicatePayments",
    "NoLostPayments",
    "NoPhantomPayments",
    "Rto",
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
    )
}
"""Name -> class. Each is a frozen dataclass whose fields are its bounds."""
