"""Bits that flip on a node's disk, and the rebuild of a node whose disk holds one.

A note on the disk itself says which file it is: whoever looks later needs no other.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from . import pages
from .asking import run
from .containers import Containers
from .disks import Disks
from .processes import matching
from .refusal import Failed, Refused

__all__ = ["Rot"]

_NOTE = ".harness-flipped"
_WITHIN_S = 20.0
_SERVER = "^postgres "
_NO_ENV: Mapping[str, str] = {}


class Rot:
    """Flips bits and looks at what became of them.

    Args:
        disks: where the files are.
        containers: the nodes.
    """

    def __init__(self, disks: Disks, containers: Containers) -> None:
        self._disks = disks
        self._containers = containers

    def locate(self, container: str, place: str, command: Sequence[str]) -> str:
        """The file that a command in the node prints, below the place where its disk is mounted.

        Raises:
            Failed: the command fails, or its answer is not there.
        """
        found = self._containers.get(container)
        said = run(found, command, _WITHIN_S, _NO_ENV, _server(found.pid))
        output: str = said["output"]
        answer = output.strip().splitlines()[-1:] or [""]
        if said["code"] or not answer[0].startswith(f"{place}/"):
            why = said["errors"].strip() or f"it says {answer[0]!r}, which is not below {place}"
            raise Failed(f"{found.name}: {command[0]} names no file: {why}")
        return answer[0].removeprefix(f"{place}/")

    def flip(self, container: str, place: str, command: Sequence[str]) -> None:
        """Flip a bit of the file that the command prints. Raises Failed, Refused."""
        file = self.locate(container, place, command)
        root = self._disks.path(container, place)
        (root / _NOTE).write_text(file, encoding="utf-8")
        pages.flip(root / file)

    def is_wrong(self, container: str, place: str, file: str) -> bool | None:
        """Whether the page's checksum on the disk is wrong; None when it cannot be read now."""
        with contextlib.suppress(OSError, Failed, Refused):
            return not pages.is_right(pages.read(self._disks.path(container, place) / file))
        return None

    def flipped(self, container: str, place: str) -> bool:
        """Whether a bit that was flipped there is wrong still."""
        note = self._note(container, place)
        return note is not None and bool(self.is_wrong(container, place, note))

    def forget(self, container: str, place: str) -> None:
        """Take the note away."""
        with contextlib.suppress(OSError, Failed, Refused):
            (self._disks.path(container, place) / _NOTE).unlink(missing_ok=True)

    def wipe(self, container: str, place: str) -> None:
        """Remove everything on a node's disk. Raises Failed, Refused."""
        for entry in self._disks.path(container, place).iterdir():
            _remove(entry)

    def _note(self, container: str, place: str) -> str | None:
        with contextlib.suppress(OSError, Failed, Refused):
            return (self._disks.path(container, place) / _NOTE).read_text(encoding="utf-8")
        return None


def _server(pid: int) -> int | None:
    """The pid of the node's database server, the first of its processes; None when there is none.

    The node's first process may be another user's (an init that is root's), and the server lets in its own by name.
    """
    found = matching(pid, _SERVER) if pid else []
    return min(found, key=lambda process: process.start).pid if found else None


def _remove(entry: Path) -> None:
    try:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    except OSError as error:
        raise Failed(f"{entry.name} could not be removed: {error.strerror}") from error
