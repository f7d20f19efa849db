"""Every fault there is, by name. Written by ``python -m harness.faults``: do not edit."""

from __future__ import annotations

from collections.abc import Mapping

from harness.faults.base import Fault
from harness.faults.crash import Crash
from harness.faults.dns import Dns
from harness.faults.half_open import HalfOpen
from harness.faults.isolate import Isolate
from harness.faults.kill import Kill
from harness.faults.kill_process import KillProcess
from harness.faults.netem import Netem
from harness.faults.packet_loss import PacketLoss
from harness.faults.partition import Partition
from harness.faults.pause import Pause
from harness.faults.port_blocked import PortBlocked
from harness.faults.rate_limit import RateLimit
from harness.faults.restart import Restart
from harness.faults.stop import Stop

__all__ = [
    "FAULTS",
    "Crash",
    "Dns",
    "HalfOpen",
    "Isolate",
    "Kill",
    "KillProcess",
    "Netem",
    "PacketLoss",
    "Partition",
    "Pause",
    "PortBlocked",
    "RateLimit",
    "Restart",
    "Stop",
]

FAULTS: Mapping[str, type[Fault]] = {
    "Crash": Crash,
    "Dns": Dns,
    "HalfOpen": HalfOpen,
    "Isolate": Isolate,
    "Kill": Kill,
    "KillProcess": KillProcess,
    "Netem": Netem,
    "PacketLoss": PacketLoss,
    "Partition": Partition,
    "Pause": Pause,
    "PortBlocked": PortBlocked,
    "RateLimit": RateLimit,
    "Restart": Restart,
    "Stop": Stop,
}
"""The fault's name, as an experiment writes it -> its class."""
