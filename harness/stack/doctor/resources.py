"""Measures memory and disk space."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from harness.stack.doctor.report import Row
from harness.stack.setup.program import run

__all__ = ["resource_rows"]

# The reference stack's eleven nodes with the load took 1.5 GiB and 2.5 GiB of images and volumes.
MEMORY_MIN_GIB = 2.0
DISK_MIN_GIB = 5.0

_GIB = 2**30
_ASK_S = 15.0


def resource_rows() -> tuple[Row, ...]:
    """What is free now, not what is there."""
    return (_memory(), _disk())


def _memory() -> Row:
    free_gib = available_gib(Path("/proc/meminfo").read_text(encoding="ascii"))
    return Row(
        name="memory",
        ok=free_gib >= MEMORY_MIN_GIB,
        found=f"{free_gib:.1f} GiB free, {os.cpu_count()} processors",
        enables="eleven nodes and the load side by side",
        mend=f"Free {MEMORY_MIN_GIB:g} GiB",
        required=True,
    )


def available_gib(meminfo: str) -> float:
    """MemAvailable of /proc/meminfo, in GiB."""
    fields = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)
    return int(fields["MemAvailable"].split()[0]) * 1024 / _GIB


def _disk() -> Row:
    asked = run(["docker", "info", "--format", "{{.DockerRootDir}}"], timeout_s=_ASK_S)
    folder = _nearest(Path(asked.out.strip() or "/var/lib/docker"))
    free_gib = shutil.disk_usage(folder).free / _GIB
    return Row(
        name="disk",
        ok=free_gib >= DISK_MIN_GIB,
        found=f"{free_gib:.1f} GiB free at {folder}",
        enables="images, the databases' volumes, run folders",
        mend=f"Free {DISK_MIN_GIB:g} GiB there, e.g. docker builder prune",
        required=True,
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(each for each in (folder, *folder.parents) if each.is_dir())
