"""The probes by their names, each made from what shall be watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..containers import Containers
from ..cuts import Cuts
from .names import NamesProbe
from .network import NetworkProbe
from .paths import PathProbe
from .port import PortProbe
from .probe import Probe
from .resources import BurnProbe, DescriptorsProbe, MemoryProbe, QuotaProbe, SlotsProbe, StoppedProbe
from .traffic import TrafficProbe
from .wall_clock import ClockProbe

__all__ = ["KINDS"]


def _network(
    watch: Mapping[str, Any], injection: str, containers: Containers, cuts: Cuts, *, established: bool = False
) -> Probe:
    pairs = [(source, target) for source, target in watch["pairs"]]
    return NetworkProbe(injection, pairs, cuts, containers, established=established)


KINDS: Mapping[str, Callable[[Mapping[str, Any], str, Containers, Cuts], Probe]] = {
    "burn": BurnProbe,
    "clock": ClockProbe,
    "descriptors": DescriptorsProbe,
    "established": partial(_network, established=True),
    "memory": MemoryProbe,
    "names": NamesProbe,
    "network": _network,
    "paths": PathProbe,
    "port": PortProbe,
    "quota": QuotaProbe,
    "slots": SlotsProbe,
    "stopped": StoppedProbe,
    "traffic": TrafficProbe,
}
"""A probe is made of: what it shall watch, the injection's id, the containers, and what is cut by whom."""
