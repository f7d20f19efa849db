"""Every fault there is, by name. Written by ``python -m harness.faults``: do not edit."""

from __future__ import annotations

from collections.abc import Mapping

from harness.faults.base import Fault
from harness.faults.crash import Crash
from harness.faults.isolate import Isolate
from harness.faults.kill import Kill
from harness.faults.kill_process import KillProcess
from harness.faults.partition import Partition
from harness.faults.pause import Pause
from harness.faults.restart import Restart
from harness.faults.stop import Stop

__all__ = [
    "FAULTS",
    "Crash",
    "Isolate",
    "Kill",
    "KillProcess",
    "Partition",
    "Pause",
    "Restart",
    "Stop",
]

FAULTS: Mapping[str, type[Fault]] = {
    "Crash": Crash,
    "Isolate": Isolate,
    "Kill": Kill,
    "KillProcess": KillProcess,
    "Partition": Partition,
    "Pause": Pause,
    "Restart": Restart,
    "Stop": Stop,
}
"""The fault's name, as an experiment writes it -> its class."""
