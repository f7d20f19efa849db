"""The probes of disks by their names, each made from what shall be watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..containers import Containers
from ..disks import Disks
from ..rot import Rot
from .disk import DiskProbe, PowerProbe
from .page import PageProbe
from .probe import Probe
from .space import SlowProbe, SpaceProbe

__all__ = ["DISK_KINDS"]


def _disk(watch: Mapping[str, Any], _: str, containers: Containers, disks: Disks) -> Probe:
    return DiskProbe(watch["container"], watch["path"], watch["error"], disks, containers)


def _power(watch: Mapping[str, Any], injection: str, containers: Containers, disks: Disks) -> Probe:
    return PowerProbe(watch["container"], watch["path"], disks, containers, injection)


def _space(watch: Mapping[str, Any], _: str, containers: Containers, disks: Disks) -> Probe:
    return SpaceProbe(watch["container"], watch["path"], watch["bytes"], disks, containers)


def _slow(watch: Mapping[str, Any], _: str, containers: Containers, disks: Disks) -> Probe:
    return SlowProbe(watch["container"], watch["path"], watch["bytes"], disks, containers)


def _page(watch: Mapping[str, Any], _: str, containers: Containers, disks: Disks) -> Probe:
    rot = Rot(disks, containers)
    return PageProbe(watch["container"], watch["path"], watch["command"], rot, containers)


DISK_KINDS: Mapping[str, Callable[[Mapping[str, Any], str, Containers, Disks], Probe]] = {
    "disk": _disk,
    "page": _page,
    "power": _power,
    "slow": _slow,
    "space": _space,
}
"""A probe is made of: what it shall watch, the injection's id, the containers, and their disks."""
