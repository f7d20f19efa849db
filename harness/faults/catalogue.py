"""Every fault there is, by name."""

from __future__ import annotations

from collections.abc import Mapping

from harness.faults.acquirer import AcquirerAnswerLost, AcquirerNeverAnswers, AcquirerRefuses, AcquirerSlow
from harness.faults.base import Fault
from harness.faults.crash import Crash
from harness.faults.isolate import Isolate
from harness.faults.kill import Kill
from harness.faults.kill_process import KillProcess
from harness.faults.partition import Partition
from harness.faults.pause import Pause
from harness.faults.restart import Restart
from harness.faults.stop import Stop
from harness.faults.switchover import Switchover

__all__ = [
    "FAULTS",
    "AcquirerAnswerLost",
    "AcquirerNeverAnswers",
    "AcquirerRefuses",
    "AcquirerSlow",
    "Crash",
    "Isolate",
    "Kill",
    "KillProcess",
    "Partition",
    "Pause",
    "Restart",
    "Stop",
    "Switchover",
]

FAULTS: Mapping[str, type[Fault]] = {
    fault.__name__: fault
    for fault in (
        AcquirerAnswerLost,
        AcquirerNeverAnswers,
        AcquirerRefuses,
        AcquirerSlow,
        Crash,
        Isolate,
        Kill,
        KillProcess,
        Partition,
        Pause,
        Restart,
        Stop,
        Switchover,
    )
}
"""The fault's name, as an experiment writes it -> its class."""
