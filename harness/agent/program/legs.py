"""The two legs of a mirror: btrfs in RAID 1 over two files, each behind a loop device that names the project.

Run by the harness before a stack comes up, as :mod:`loops` is::

    python3 -m program.legs prepare PROJECT '{"ledger-1": 2048}'     # prints {"ledger-1": ["/dev/loop0", "/dev/loop1"]}

A leg is lost when its file is cut down to one block and the device with it: what was on it is gone, and every read and
write of it fails. What is *kept* of a lost leg lies beside its file until it is whole again: a file of the leg's size,
with its label (the first MB, where btrfs keeps its superblock and nothing else) unless the file system is to end with
it. So whoever looks knows by that file alone which legs are lost, and what to do.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .loops import BLOCKS, STORE, attach, backing_file, discard_old, home, run
from .refusal import Failed

__all__ = ["Leg", "any_lost", "leg_of", "lose", "make", "prepare"]

_SET_CAPACITY = 0x4C07
"""The ioctl that has a loop device look at the size of its file again (LOOP_SET_CAPACITY)."""
_SECTOR = 512
_LOST_BYTES = 4096
_LABEL_BYTES = 2**20
_LOST_WITHIN_S = 5.0
_MAKE = ("mkfs.btrfs", "-q", "-f", "-K", "-m", "raid1", "-d", "raid1")


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg.

    Attributes:
        device: ``/dev/loop3``.
        file: behind it, where this process sees it.
    """

    device: str
    file: Path
    blocks: Path = BLOCKS

    @property
    def kept(self) -> Path:
        """What is kept of it from the moment that it is lost until it is whole again."""
        return self.file.with_suffix(".kept")

    @property
    def lost(self) -> bool:
        """Whether it is lost, or not whole yet."""
        return self.kept.exists()

    @property
    def labelled(self) -> bool:
        """Whether its label is kept, when it is lost: the file system shall live on."""
        with self.kept.open("rb") as kept:
            return any(kept.read(_LABEL_BYTES))

    @property
    def fails(self) -> bool:
        """Whether the device has no block that a file system uses, by the kernel's word."""
        return self._bytes() <= _LOST_BYTES

    def keep(self, *, label: bool) -> None:
        """Note that it is lost; one that is lost already loses its label, too, when it shall."""
        size = (self.kept if self.lost else self.file).stat().st_size
        if self.lost and label:
            return
        fresh = self.file.with_suffix(".keeping")
        with fresh.open("wb") as kept, self.file.open("rb") as file:
            kept.write(file.read(_LABEL_BYTES) if label else b"")
            kept.truncate(size)
            os.fsync(kept.fileno())
        fresh.rename(self.kept)

    def cut(self) -> None:
        """Have it lost. Raises Failed when writes that were under way make it longer again and again."""
        deadline = time.monotonic() + _LOST_WITHIN_S
        while True:
            os.truncate(self.file, _LOST_BYTES)
            self._look_again()
            if self.fails:
                return
            if time.monotonic() > deadline:
                raise Failed(f"{self.device} could not be cut down")

    def put_back(self) -> None:
        """A fresh leg in its place: empty, but for the label if one is kept."""
        if not self.fails:
            return  # by a heal that was interrupted
        with self.kept.open("rb") as kept, self.file.open("r+b") as file:
            # The label before the size: from then on the kernel itself writes there.
            file.truncate(0)
            file.truncate(self.kept.stat().st_size)
            file.write(kept.read(_LABEL_BYTES))
        self._look_again()

    def whole(self) -> None:
        """It is whole again: nothing is kept of it."""
        self.kept.unlink(missing_ok=True)

    def _look_again(self) -> None:
        device = os.open(self.device, os.O_RDONLY)
        try:
            fcntl.ioctl(device, _SET_CAPACITY)
        finally:
            os.close(device)

    def _bytes(self) -> int:
        sectors = (self.blocks / Path(self.device).name / "size").read_text(encoding="ascii")
        return int(sectors) * _SECTOR


def leg_of(project: str, device: str, store: Path = STORE) -> Leg | None:
    """The leg on a device; None when it is none of the project's."""
    path = backing_file(Path(device).name)
    _, ours, name = path.partition(home(project))
    return Leg(device, Path(f"{store}{home(project)}{name}")) if ours else None


def lose(legs: Iterable[Leg], *, label: bool) -> None:
    """Lose legs: noted first, so that whoever is killed in between leaves nothing unknown. Raises Failed."""
    gone = list(legs)
    try:
        for leg in gone:
            leg.keep(label=label)
        for leg in gone:
            leg.cut()
    except OSError as error:
        raise Failed(f"a leg could not be taken away: {error}") from error


def any_lost(project: str, store: Path = STORE) -> bool:
    """Whether any leg of the project is lost, or not whole yet."""
    return any(Path(f"{store}{home(project)}").glob("*.kept"))


def make(*legs: str) -> None:
    """A new mirror over two devices or files. Raises Failed."""
    run(*_MAKE, *legs)


def prepare(project: str, sizes_mb: Mapping[str, int], store: Path = STORE) -> dict[str, list[str]]:
    """Make what is missing of the mirrors. Returns the devices of each. Raises Failed."""
    discard_old(project)
    place = Path(f"{store}{home(project)}")
    place.mkdir(parents=True, exist_ok=True)
    found = {name: _files(place, name, size_mb) for name, size_mb in sizes_mb.items()}
    return {name: [attach(project, file) for file in files] for name, files in found.items()}


def _files(place: Path, name: str, size_mb: int) -> list[Path]:
    files = [place / f"{name}.{leg}.img" for leg in "ab"]
    if not all(file.exists() for file in files):
        # Under other names until it is whole: half a mirror is never taken for one.
        fresh = [file.with_suffix(".new") for file in files]
        for image in fresh:
            image.unlink(missing_ok=True)
            image.touch()
            os.truncate(image, size_mb * 2**20)
        make(*map(str, fresh))
        for image, file in zip(fresh, files, strict=True):
            image.rename(file)
    return files


def main(argv: list[str]) -> int:
    """Do what the command line says; what went wrong is one line on standard error."""
    _, project, sizes = argv
    try:
        print(json.dumps(prepare(project, json.loads(sizes))))
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
