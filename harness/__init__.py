"""Chaos experiments that prove payments survive: RTO and RPO from the business's own operations.

Everything public is imported from here. Names are loaded when they are first used: a pytest session
that has the plugin installed and runs no experiment pays for nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.checks.catalogue import (
        AuditChainIntact,
        Availability,
        Converged,
        Detected,
        FailsClosed,
        Healed,
        Latency,
        LedgerBalanced,
        LoadShare,
        MonotonicStatus,
        NoDuplicatePayments,
        NoLostPayments,
        NoPhantomPayments,
        ReadYourWrites,
        Reconciled,
        Rto,
        SingleWriter,
    )
    from harness.errors import HarnessError, UsageError
    from harness.experiment import Experiment, Injection, Load, Phases
    from harness.faults.catalogue import (
        BitFlip,
        Crash,
        DiskError,
        DiskFull,
        Isolate,
        Kill,
        KillProcess,
        NearlyFull,
        Partition,
        Pause,
        PowerCut,
        ReadOnly,
        Restart,
        SlowDisk,
        Stop,
    )
    from harness.verdict import Finding, Verdict

__all__ = [
    "AuditChainIntact",
    "Availability",
    "BitFlip",
    "Converged",
    "Crash",
    "Detected",
    "DiskError",
    "DiskFull",
    "Experiment",
    "FailsClosed",
    "Finding",
    "HarnessError",
    "Healed",
    "Injection",
    "Isolate",
    "Kill",
    "KillProcess",
    "Latency",
    "LedgerBalanced",
    "Load",
    "LoadShare",
    "MonotonicStatus",
    "NearlyFull",
    "NoDuplicatePayments",
    "NoLostPayments",
    "NoPhantomPayments",
    "Partition",
    "Pause",
    "Phases",
    "PowerCut",
    "ReadOnly",
    "ReadYourWrites",
    "Reconciled",
    "Restart",
    "Rto",
    "SingleWriter",
    "SlowDisk",
    "Stop",
    "UsageError",
    "Verdict",
]

_HOMES = {
    "harness.errors": ("HarnessError", "UsageError"),
    "harness.experiment": ("Experiment", "Injection", "Load", "Phases"),
    "harness.verdict": ("Finding", "Verdict"),
    "harness.faults.catalogue": (
        "BitFlip", "Crash", "DiskError", "DiskFull", "Isolate", "Kill", "KillProcess", "NearlyFull", "Partition",
        "Pause", "PowerCut", "ReadOnly", "Restart", "SlowDisk", "Stop",
    ),
    "harness.checks.catalogue": (
        "AuditChainIntact", "Availability", "Converged", "Detected", "FailsClosed", "Healed",
        "Latency", "LedgerBalanced", "LoadShare", "MonotonicStatus", "NoDuplicatePayments",
        "NoLostPayments", "NoPhantomPayments", "ReadYourWrites", "Reconciled", "Rto",
        "SingleWriter",
    ),
}  # fmt: skip
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
