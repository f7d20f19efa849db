"""Mirrors: each volume that x-harness names lies on two loop devices, as RAID 1 of btrfs.

They are made where :mod:`harness.stack.disks` makes its disks, of the same volumes and in the same sizes: a stack is
up with the ones or the others. The agent sees the devices and the files behind them, so that it can take a leg away and
put it back (:mod:`harness.agent.program.legs`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.stack.disks import Disk, attached, errand, store_of
from harness.stack.engine import Engine
from harness.stack.model import AGENT_SERVICE

__all__ = ["is_ready", "made", "override"]

_LEGS = ("a", "b")
_STORE = "harness-disks"
_DEVICES = ("b 7:* rwm", "c 10:234 rwm")
"""Loop devices, and what has btrfs look at them."""


def override(project: str, devices: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A Compose file that puts each volume on its two devices, and has the agent see them."""
    volumes: dict[str, Any] = {
        volume: {
            "driver": "local",
            "driver_opts": {"type": "btrfs", "device": first, "o": f"device={second}"},
        }
        for volume, (first, second) in devices.items()
    }
    volumes[_STORE] = {"name": store_of(project), "external": True}
    agent = {"volumes": ["/dev:/dev", f"{_STORE}:/disks"], "device_cgroup_rules": list(_DEVICES)}
    return {"services": {AGENT_SERVICE: agent}, "volumes": volumes}


def is_ready(project: str, disks: tuple[Disk, ...], known: Mapping[str, Any]) -> bool:
    """Whether every device that an override of earlier names is there with its leg: nothing has to be made."""
    there = attached(project)
    options = {
        name: volume["driver_opts"] for name, volume in known.get("volumes", {}).items() if name != _STORE
    }
    devices = {name: (o["device"], o["o"].removeprefix("device=")) for name, o in options.items()}
    return devices.keys() == {disk.volume for disk in disks} and all(
        there.get(device, "").endswith(f"/{name}.{leg}.img")
        for name, both in devices.items()
        for leg, device in zip(_LEGS, both, strict=True)
    )


def made(engine: Engine, project: str, disks: tuple[Disk, ...]) -> dict[str, Any]:
    """Make what is missing of the project's mirrors; the override for them.

    Raises:
        EngineError: the host cannot do it (no loop devices, no btrfs), in its own words.
    """
    store = store_of(project)
    engine.make_volume(project, store)
    sizes = json.dumps({disk.volume: disk.size_mb for disk in disks})
    said = errand(
        engine, project, ["program.legs", "prepare", project, sizes], {"/dev": "/dev", store: "/disks"}
    )
    devices: dict[str, list[str]] = json.loads(said)
    return override(project, devices)
