"""Every fault there is, by name."""

from __future__ import annotations

from collections.abc import Mapping

from harness.faults.base import Fault
from harness.faults.bit_flip import BitFlip
from harness.faults.crash import Crash
from harness.faults.disk_error import DiskError
from harness.faults.disk_full import DiskFull
from harness.faults.isolate import Isolate
from harness.faults.kill import Kill
from harness.faults.kill_process import KillProcess
from harness.faults.nearly_full import NearlyFull
from harness.faults.partition import Partition
from harness.faults.pause import Pause
from harness.faults.power_cut import PowerCut
from harness.faults.read_only import ReadOnly
from harness.faults.restart import Restart
from harness.faults.slow_disk import SlowDisk
from harness.faults.stop import Stop

__all__ = [
    "FAULTS",
    "BitFlip",
    "Crash",
    "DiskError",
    "DiskFull",
    "Isolate",
    "Kill",
    "KillProcess",
    "NearlyFull",
    "Partition",
    "Pause",
    "PowerCut",
    "ReadOnly",
    "Restart",
    "SlowDisk",
    "Stop",
]

FAULTS: Mapping[str, type[Fault]] = {
    fault.__name__: fault
    for fault in (
        BitFlip, Crash, DiskError, DiskFull, Isolate, Kill, KillProcess, NearlyFull, Partition, Pause,
        PowerCut, ReadOnly, Restart, SlowDisk, Stop,
    )
}  # fmt: skip
"""The fault's name, as an experiment writes it -> its class."""
