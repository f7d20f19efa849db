"""Every fault there is, by name. Written by ``python -m harness.faults``: do not edit."""

from __future__ import annotations

from collections.abc import Mapping

from harness.faults.acquirer import AcquirerAnswerLost, AcquirerNeverAnswers, AcquirerRefuses, AcquirerSlow
from harness.faults.base import Fault
from harness.faults.connections_exhausted import ConnectionsExhausted
from harness.faults.cpu_burn import CpuBurn
from harness.faults.cpu_quota import CpuQuota
from harness.faults.crash import Crash
from harness.faults.dns import Dns
from harness.faults.file_descriptors import FileDescriptors
from harness.faults.half_open import HalfOpen
from harness.faults.isolate import Isolate
from harness.faults.kill import Kill
from harness.faults.kill_process import KillProcess
from harness.faults.memory_limit import MemoryLimit
from harness.faults.netem import Netem
from harness.faults.packet_loss import PacketLoss
from harness.faults.partition import Partition
from harness.faults.pause import Pause
from harness.faults.port_blocked import PortBlocked
from harness.faults.process_stopped import ProcessStopped
from harness.faults.rate_limit import RateLimit
from harness.faults.restart import Restart
from harness.faults.stop import Stop
from harness.faults.switchover import Switchover

__all__ = [
    "FAULTS",
    "AcquirerAnswerLost",
    "AcquirerNeverAnswers",
    "AcquirerRefuses",
    "AcquirerSlow",
    "ConnectionsExhausted",
    "CpuBurn",
    "CpuQuota",
    "Crash",
    "Dns",
    "FileDescriptors",
    "HalfOpen",
    "Isolate",
    "Kill",
    "KillProcess",
    "MemoryLimit",
    "Netem",
    "PacketLoss",
    "Partition",
    "Pause",
    "PortBlocked",
    "ProcessStopped",
    "RateLimit",
    "Restart",
    "Stop",
    "Switchover",
]

FAULTS: Mapping[str, type[Fault]] = {
    "AcquirerAnswerLost": AcquirerAnswerLost,
    "AcquirerNeverAnswers": AcquirerNeverAnswers,
    "AcquirerRefuses": AcquirerRefuses,
    "AcquirerSlow": AcquirerSlow,
    "ConnectionsExhausted": ConnectionsExhausted,
    "CpuBurn": CpuBurn,
    "CpuQuota": CpuQuota,
    "Crash": Crash,
    "Dns": Dns,
    "FileDescriptors": FileDescriptors,
    "HalfOpen": HalfOpen,
    "Isolate": Isolate,
    "Kill": Kill,
    "KillProcess": KillProcess,
    "MemoryLimit": MemoryLimit,
    "Netem": Netem,
    "PacketLoss": PacketLoss,
    "Partition": Partition,
    "Pause": Pause,
    "PortBlocked": PortBlocked,
    "ProcessStopped": ProcessStopped,
    "RateLimit": RateLimit,
    "Restart": Restart,
    "Stop": Stop,
    "Switchover": Switchover,
}
"""The fault's name, as an experiment writes it -> its class."""
