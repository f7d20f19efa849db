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
    from harness.combine import Repeat, Sequence
    from harness.errors import HarnessError, UsageError
    from harness.experiment import Experiment, Injection, Load, Phases
    from harness.faults.catalogue import (
        AcquirerAnswerLost,
        AcquirerNeverAnswers,
        AcquirerRefuses,
        AcquirerSlow,
        AnswerLost,
        Bandwidth,
        BitFlip,
        ClockSkew,
        ConnectionsExhausted,
        CpuBurn,
        CpuQuota,
        Crash,
        DiskError,
        DiskFull,
        Dns,
        Down,
        ErrorOnPath,
        FileDescriptors,
        HalfOpen,
        Isolate,
        Kill,
        KillProcess,
        LimitData,
        LinkLatency,
        MemoryLimit,
        MirrorBothLost,
        MirrorHalfLost,
        NearlyFull,
        Netem,
        PacketLoss,
        Partition,
        Pause,
        PortBlocked,
        PowerCut,
        ProcessStopped,
        RateLimit,
        ReadOnly,
        RequestLost,
        ResetPeer,
        Restart,
        Slicer,
        SlowClose,
        SlowDisk,
        Stop,
        Switchover,
        Timeout,
    )
    from harness.verdict import Finding, Verdict

__all__ = [
    "AcquirerAnswerLost",
    "AcquirerNeverAnswers",
    "AcquirerRefuses",
    "AcquirerSlow",
    "AnswerLost",
    "AuditChainIntact",
    "Availability",
    "Bandwidth",
    "BitFlip",
    "ClockSkew",
    "ConnectionsExhausted",
    "Converged",
    "CpuBurn",
    "CpuQuota",
    "Crash",
    "Detected",
    "DiskError",
    "DiskFull",
    "Dns",
    "Down",
    "ErrorOnPath",
    "Experiment",
    "FailsClosed",
    "FileDescriptors",
    "Finding",
    "HalfOpen",
    "HarnessError",
    "Healed",
    "Injection",
    "Isolate",
    "Kill",
    "KillProcess",
    "Latency",
    "LedgerBalanced",
    "LimitData",
    "LinkLatency",
    "Load",
    "LoadShare",
    "MemoryLimit",
    "MirrorBothLost",
    "MirrorHalfLost",
    "MonotonicStatus",
    "NearlyFull",
    "Netem",
    "NoDuplicatePayments",
    "NoLostPayments",
    "NoPhantomPayments",
    "PacketLoss",
    "Partition",
    "Pause",
    "Phases",
    "PortBlocked",
    "PowerCut",
    "ProcessStopped",
    "RateLimit",
    "ReadOnly",
    "ReadYourWrites",
    "Reconciled",
    "Repeat",
    "RequestLost",
    "ResetPeer",
    "Restart",
    "Rto",
    "Sequence",
    "SingleWriter",
    "Slicer",
    "SlowClose",
    "SlowDisk",
    "Stop",
    "Switchover",
    "Timeout",
    "UsageError",
    "Verdict",
]

_HOMES = {
    "harness.combine": ("Repeat", "Sequence"),
    "harness.errors": ("HarnessError", "UsageError"),
    "harness.experiment": ("Experiment", "Injection", "Load", "Phases"),
    "harness.verdict": ("Finding", "Verdict"),
    "harness.faults.catalogue": (
        "AcquirerAnswerLost", "AcquirerNeverAnswers", "AcquirerRefuses", "AcquirerSlow",
        "AnswerLost", "Bandwidth", "BitFlip", "ClockSkew", "ConnectionsExhausted", "CpuBurn",
        "CpuQuota", "Crash", "DiskError", "DiskFull", "Dns", "Down", "ErrorOnPath",
        "FileDescriptors", "HalfOpen", "Isolate", "Kill", "KillProcess", "LimitData",
        "LinkLatency", "MemoryLimit", "MirrorBothLost", "MirrorHalfLost", "NearlyFull", "Netem",
        "PacketLoss", "Partition", "Pause", "PortBlocked", "PowerCut", "ProcessStopped",
        "RateLimit", "ReadOnly", "RequestLost", "ResetPeer", "Restart", "Slicer", "SlowClose",
        "SlowDisk", "Stop", "Switchover", "Timeout",
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
