"""Breakable disks: files with a file system, each behind a loop device whose backing file's path names the project.

Run by the harness in a container of its own before a stack comes up and after it went (the loop devices must be
there before Compose makes the volumes on them)::

    python3 -m program.loops prepare PROJECT '{"ledger-1": 2048}'    # sizes in MB; prints {"ledger-1": "/dev/loop0"}
    python3 -m program.loops release PROJECT                         # prints [] or the devices that stay

Both are idempotent, and find again what an earlier one that was killed had made.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from .refusal import Failed

__all__ = ["attach", "attached", "backing_file", "discard_old", "home", "prepare", "release", "run"]

BLOCKS = Path("/sys/block")
STORE = Path("/disks")
"""The volume that holds the files; its folders below name the project, also once this container is gone."""
_DELETED = " (deleted)"
_LEG = re.compile(r"\.[ab]\.img\b")
_WITHIN_S = 60.0
_FREE_WITHIN_S = 10.0


def home(project: str) -> str:
    """What the path of every backing file of the project holds."""
    return f"/harness-disks/{project}/"


def backing_file(device: str, blocks: Path = BLOCKS) -> str:
    """The path behind a loop device (``loop3``), by the kernel's word; empty when it is free or none."""
    try:
        return (blocks / device / "loop" / "backing_file").read_text(encoding="utf-8").rstrip("\n")
    except OSError:
        return ""


def attached(project: str, blocks: Path = BLOCKS) -> dict[str, str]:
    """The project's loop devices: ``/dev/loopN`` -> the path behind it."""
    found = {f"/dev/{path.name}": backing_file(path.name, blocks) for path in sorted(blocks.glob("loop*"))}
    return {device: path for device, path in found.items() if home(project) in path}


def prepare(project: str, sizes_mb: Mapping[str, int], store: Path = STORE) -> dict[str, str]:
    """Make what is missing of the disks. Returns the device of each. Raises Failed."""
    place = Path(f"{store}{home(project)}")
    place.mkdir(parents=True, exist_ok=True)
    discard_old(project)
    return {name: _device(project, place / f"{name}.img", size_mb) for name, size_mb in sizes_mb.items()}


def discard_old(project: str) -> None:
    """Give the devices back whose files are gone: of an earlier life of the project. Raises Failed."""
    for device, path in attached(project).items():
        if path.endswith(_DELETED):
            run("losetup", "--detach", device)


def attach(project: str, file: Path) -> str:
    """The device of a file of the project, the one that it has or a new one. Raises Failed."""
    ours = f"{home(project)}{file.name}"
    known = next((device for device, path in attached(project).items() if path.endswith(ours)), None)
    return known or run("losetup", "--find", "--show", str(file))


def release(project: str) -> list[str]:
    """Give every loop device of the project back. Returns those that something still holds."""
    deadline = time.monotonic() + _FREE_WITHIN_S
    for device, path in attached(project).items():
        if _LEG.search(path):  # btrfs remembers every device that it has ever seen
            forget = ["btrfs", "device", "scan", "--forget", device]
            subprocess.run(forget, capture_output=True, check=False, timeout=_WITHIN_S)
    while (devices := list(attached(project))) and time.monotonic() < deadline:
        for device in devices:
            subprocess.run(
                ["losetup", "--detach", device], capture_output=True, check=False, timeout=_WITHIN_S
            )
        time.sleep(0.02)
    return devices


def _device(project: str, file: Path, size_mb: int) -> str:
    if not file.exists():
        # Under another name until it is whole: a half-made file system is never taken for a disk.
        fresh = file.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with fresh.open("wb") as image:
            image.truncate(size_mb * 2**20)
        run("mkfs.xfs", "-q", "-K", str(fresh))
        fresh.rename(file)
    return attach(project, file)


def run(*argv: str) -> str:
    """What a program prints. Raises Failed with what it says."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=_WITHIN_S)
    if done.returncode:
        raise Failed(f"{' '.join(argv)}: {done.stderr.strip() or f'code {done.returncode}'}")
    return done.stdout.strip()


def main(argv: list[str]) -> int:
    """Do what the command line says; what went wrong is one line on standard error."""
    doing, project, *sizes = argv
    try:
        print(json.dumps(prepare(project, json.loads(sizes[0])) if doing == "prepare" else release(project)))
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
