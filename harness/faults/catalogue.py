"""Every fault there is, by name."""

from __future__ import annotations

from collections.abc import Mapping

from harness.faults.answer_lost import AnswerLost
from harness.faults.bandwidth import Bandwidth
from harness.faults.base import Fault
from harness.faults.crash import Crash
from harness.faults.isolate import Isolate
from harness.faults.kill import Kill
from harness.faults.kill_process import KillProcess
from harness.faults.limit_data import LimitData
from harness.faults.link_down import Down
from harness.faults.link_latency import LinkLatency
from harness.faults.link_timeout import Timeout
from harness.faults.partition import Partition
from harness.faults.pause import Pause
from harness.faults.request_lost import RequestLost
from harness.faults.reset_peer import ResetPeer
from harness.faults.restart import Restart
from harness.faults.slicer import Slicer
from harness.faults.slow_close import SlowClose
from harness.faults.stop import Stop

__all__ = [
    "FAULTS",
    "AnswerLost",
    "Bandwidth",
    "Crash",
    "Down",
    "Isolate",
    "Kill",
    "KillProcess",
    "LimitData",
    "LinkLatency",
    "Partition",
    "Pause",
    "RequestLost",
    "ResetPeer",
    "Restart",
    "Slicer",
    "SlowClose",
    "Stop",
    "Timeout",
]

_NODES = (Crash, Kill, KillProcess, Pause, Restart, Stop)
_NETWORK = (Isolate, Partition)
_LINKS = (
    AnswerLost, Bandwidth, Down, LimitData, LinkLatency, RequestLost, ResetPeer, Slicer, SlowClose, Timeout,
)  # fmt: skip

FAULTS: Mapping[str, type[Fault]] = {fault.__name__: fault for fault in (*_NODES, *_NETWORK, *_LINKS)}
"""The fault's name, as an experiment writes it -> its class."""
