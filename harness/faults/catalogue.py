"""Every fault there is, by name. Written by ``python -m harness.faults``: do not edit."""

from __future__ import annotations

from collections.abc import Mapping

from harness.faults.acquirer import AcquirerAnswerLost, AcquirerNeverAnswers, AcquirerRefuses, AcquirerSlow
from harness.faults.answer_lost import AnswerLost
from harness.faults.bandwidth import Bandwidth
from harness.faults.base import Fault
from harness.faults.bit_flip import BitFlip
from harness.faults.clock_skew import ClockSkew
from harness.faults.connections_exhausted import ConnectionsExhausted
from harness.faults.cpu_burn import CpuBurn
from harness.faults.cpu_quota import CpuQuota
from harness.faults.crash import Crash
from harness.faults.disk_error import DiskError
from harness.faults.disk_full import DiskFull
from harness.faults.dns import Dns
from harness.faults.error_on_path import ErrorOnPath
from harness.faults.file_descriptors import FileDescriptors
from harness.faults.half_open import HalfOpen
from harness.faults.isolate import Isolate
from harness.faults.kill import Kill
from harness.faults.kill_process import KillProcess
from harness.faults.limit_data import LimitData
from harness.faults.link_down import Down
from harness.faults.link_latency import LinkLatency
from harness.faults.link_timeout import Timeout
from harness.faults.memory_limit import MemoryLimit
from harness.faults.mirror_both_lost import MirrorBothLost
from harness.faults.mirror_half_lost import MirrorHalfLost
from harness.faults.nearly_full import NearlyFull
from harness.faults.netem import Netem
from harness.faults.packet_loss import PacketLoss
from harness.faults.partition import Partition
from harness.faults.pause import Pause
from harness.faults.port_blocked import PortBlocked
from harness.faults.power_cut import PowerCut
from harness.faults.process_stopped import ProcessStopped
from harness.faults.rate_limit import RateLimit
from harness.faults.read_only import ReadOnly
from harness.faults.request_lost import RequestLost
from harness.faults.reset_peer import ResetPeer
from harness.faults.restart import Restart
from harness.faults.slicer import Slicer
from harness.faults.slow_close import SlowClose
from harness.faults.slow_disk import SlowDisk
from harness.faults.stop import Stop
from harness.faults.switchover import Switchover

__all__ = [
    "FAULTS",
    "AcquirerAnswerLost",
    "AcquirerNeverAnswers",
    "AcquirerRefuses",
    "AcquirerSlow",
    "AnswerLost",
    "Bandwidth",
    "BitFlip",
    "ClockSkew",
    "ConnectionsExhausted",
    "CpuBurn",
    "CpuQuota",
    "Crash",
    "DiskError",
    "DiskFull",
    "Dns",
    "Down",
    "ErrorOnPath",
    "FileDescriptors",
    "HalfOpen",
    "Isolate",
    "Kill",
    "KillProcess",
    "LimitData",
    "LinkLatency",
    "MemoryLimit",
    "MirrorBothLost",
    "MirrorHalfLost",
    "NearlyFull",
    "Netem",
    "PacketLoss",
    "Partition",
    "Pause",
    "PortBlocked",
    "PowerCut",
    "ProcessStopped",
    "RateLimit",
    "ReadOnly",
    "RequestLost",
    "ResetPeer",
    "Restart",
    "Slicer",
    "SlowClose",
    "SlowDisk",
    "Stop",
    "Switchover",
    "Timeout",
]

FAULTS: Mapping[str, type[Fault]] = {
    "AcquirerAnswerLost": AcquirerAnswerLost,
    "AcquirerNeverAnswers": AcquirerNeverAnswers,
    "AcquirerRefuses": AcquirerRefuses,
    "AcquirerSlow": AcquirerSlow,
    "AnswerLost": AnswerLost,
    "Bandwidth": Bandwidth,
    "BitFlip": BitFlip,
    "ClockSkew": ClockSkew,
    "ConnectionsExhausted": ConnectionsExhausted,
    "CpuBurn": CpuBurn,
    "CpuQuota": CpuQuota,
    "Crash": Crash,
    "DiskError": DiskError,
    "DiskFull": DiskFull,
    "Dns": Dns,
    "Down": Down,
    "ErrorOnPath": ErrorOnPath,
    "FileDescriptors": FileDescriptors,
    "HalfOpen": HalfOpen,
    "Isolate": Isolate,
    "Kill": Kill,
    "KillProcess": KillProcess,
    "LimitData": LimitData,
    "LinkLatency": LinkLatency,
    "MemoryLimit": MemoryLimit,
    "MirrorBothLost": MirrorBothLost,
    "MirrorHalfLost": MirrorHalfLost,
    "NearlyFull": NearlyFull,
    "Netem": Netem,
    "PacketLoss": PacketLoss,
    "Partition": Partition,
    "Pause": Pause,
    "PortBlocked": PortBlocked,
    "PowerCut": PowerCut,
    "ProcessStopped": ProcessStopped,
    "RateLimit": RateLimit,
    "ReadOnly": ReadOnly,
    "RequestLost": RequestLost,
    "ResetPeer": ResetPeer,
    "Restart": Restart,
    "Slicer": Slicer,
    "SlowClose": SlowClose,
    "SlowDisk": SlowDisk,
    "Stop": Stop,
    "Switchover": Switchover,
    "Timeout": Timeout,
}
"""The fault's name, as an experiment writes it -> its class."""
