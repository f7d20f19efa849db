"""Which files a stack is made of: Compose's own rule, the x-harness file beside them, a variant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import StackModelError

__all__ = ["X_HARNESS_FILE", "stack_files"]

X_HARNESS_FILE = "x-harness.yaml"
"""An x-harness section in a file of its own, for a Compose file that must not be changed."""

_BASES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDES = ("compose.override.yaml", "compose.override.yml", "docker-compose.override.yaml",
              "docker-compose.override.yml")  # fmt: skip


def stack_files(directory: Path) -> tuple[Path, ...]:
    """The files of the stack in a folder (or that begins with a file), base first, absolute.

    Raises:
        StackModelError: there is no Compose file.
    """
    place = directory.resolve()
    if place.is_file():
        return (place, *_first(place.parent, (X_HARNESS_FILE,)))
    base = _first(place, _BASES)
    if not base:
        raise StackModelError(
            "there is no Compose file here", where=str(directory), mend=f"Name a folder that has {_BASES[0]}"
        )
    return (*base, *_first(place, _OVERRIDES), *_first(place, (X_HARNESS_FILE,)))


def _first(folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    return tuple(folder / name for name in names if (folder / name).is_file())[:1]
