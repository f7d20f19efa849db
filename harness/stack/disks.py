"""Breakable disks: each volume that x-harness names lies on a loop device with XFS of its own.

The devices must be there before Compose makes the volumes. They are made in a container of the agent's image with
named capabilities (:mod:`harness.agent.program.loops`), because the host need not have mkfs.xfs. Their backing files
lie in a volume of the project, so they go with it; the path of each names the project, so they are found again
whatever became of the harness that made them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import StackError, StackModelError
from harness.stack.engine import Engine, Errand
from harness.stack.model import AGENT_SERVICE, StackModel

__all__ = [
    "Disk",
    "attached",
    "disks_of",
    "errand",
    "is_ready",
    "made",
    "override",
    "prepare",
    "release",
    "store_of",
]

_WITHIN_S = 120.0
_LOOP_DEVICES, _LOOP_CONTROL, _BTRFS_CONTROL = "b 7:* rwm", "c 10:237 rwm", "c 10:234 rwm"


@dataclass(frozen=True, slots=True)
class Disk:
    """One breakable disk.

    Attributes:
        volume: Compose's key of the volume that lies on it.
        size_mb: its size, in units of 2**20 bytes.
    """

    volume: str
    size_mb: int


def disks_of(model: StackModel, config: Mapping[str, Any]) -> tuple[Disk, ...]:
    """The disks that the stack can have.

    Args:
        model: what x-harness says.
        config: Compose's merged files.

    Raises:
        StackModelError: a node has no named volume at the place that x-harness names.
    """
    found: dict[str, Disk] = {}
    for service in model.services:
        section = model.disk_of(service)
        if section is None:
            continue
        mounts = config["services"][service].get("volumes") or []
        volume = next((m["source"] for m in mounts if _is_at(m, section.volume)), None)
        if volume is None:
            raise StackModelError(
                f"x-harness.disks.{model.group_of(service)}: {service} has no named volume at {section.volume}",
                where=str(model.file),
                mend=f'Add to the service: volumes: ["NAME:{section.volume}"]',
            )
        found[volume] = Disk(volume, section.size_mb)
    return tuple(found.values())


def _is_at(mount: Mapping[str, Any], place: str) -> bool:
    return mount.get("type") == "volume" and mount.get("target") == place


def override(devices: Mapping[str, str]) -> dict[str, Any]:
    """A Compose file that puts each volume on its device."""
    volumes = {
        volume: {"driver": "local", "driver_opts": {"type": "xfs", "device": device}}
        for volume, device in devices.items()
    }
    return {"services": {}, "volumes": volumes}


def is_ready(project: str, disks: tuple[Disk, ...], known: Mapping[str, Any]) -> bool:
    """Whether every device that an override of earlier names is there with its disk: nothing has to be made."""
    there = attached(project)
    devices = {name: volume["driver_opts"]["device"] for name, volume in known.get("volumes", {}).items()}
    return devices.keys() == {disk.volume for disk in disks} and all(
        there.get(device, "").endswith(f"/{name}.img") for name, device in devices.items()
    )


def prepare(engine: Engine, project: str, disks: tuple[Disk, ...]) -> dict[str, str]:
    """Make what is missing of the project's disks; the device of each volume.

    Raises:
        EngineError: the host cannot do it (no loop devices, no XFS), in its own words.
    """
    store = store_of(project)
    engine.make_volume(project, store)
    sizes = json.dumps({disk.volume: disk.size_mb for disk in disks})
    words = ["program.loops", "prepare", project, sizes]
    devices: dict[str, str] = json.loads(errand(engine, project, words, {"/dev": "/dev", store: "/disks"}))
    return devices


def made(engine: Engine, project: str, disks: tuple[Disk, ...]) -> dict[str, Any]:
    """Make what is missing of the project's disks; the override for them. Raises as `prepare` does."""
    return override(prepare(engine, project, disks))


def store_of(project: str) -> str:
    """The project's volume for the backing files."""
    return f"{project}_harness-disks"


def release(engine: Engine, project: str) -> None:
    """Give the project's loop devices back.

    Raises:
        StackError: something still holds one, named.
        EngineError: it could not be tried.
    """
    held = json.loads(errand(engine, project, ["program.loops", "release", project], {"/dev": "/dev"}))
    if held:
        raise StackError(f"still in use: {', '.join(held)}", mend="mount | grep loop shows by what")


def attached(project: str, blocks: Path = Path("/sys/block")) -> dict[str, str]:
    """The loop devices whose backing file names the project: ``/dev/loopN`` -> that file's path."""
    found = {}
    for path in sorted(blocks.glob("loop*/loop/backing_file")):
        try:
            backing = path.read_text(encoding="utf-8").rstrip("\n")
        except OSError:  # just detached
            continue
        if f"/harness-disks/{project}/" in backing:
            found[f"/dev/{path.parents[1].name}"] = backing
    return found


def errand(engine: Engine, project: str, words: list[str], binds: Mapping[str, str]) -> str:
    """Run a program of the agent's image beside the stack, with the host's loop devices; what it printed.

    Raises:
        EngineError: it failed, in its own words.
    """
    return engine.run_errand(
        Errand(
            project=project,
            image=f"{project}-{AGENT_SERVICE}",
            command=["python3", "-m", *words],
            binds=binds,
            capabilities=["SYS_ADMIN", "DAC_OVERRIDE"],
            devices=[_LOOP_DEVICES, _LOOP_CONTROL, _BTRFS_CONTROL],
            timeout_s=_WITHIN_S,
        )
    )
