"""What the harness keeps about one project, in ``.harness/<project>/`` (mode 0700)."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import BusyError, StackModelError

__all__ = ["StateDir", "project_name"]

_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]*")


def project_name(directory: Path, given: str | None = None) -> str:
    """The Compose project of a stack's folder: ``given``, else ``HARNESS_PROJECT``, else from its path.

    The path's digest keeps two checkouts apart that stand side by side.

    Raises:
        StackModelError: the given name is not one that Compose takes.
    """
    chosen = given or os.environ.get("HARNESS_PROJECT")
    if chosen:
        if not _PROJECT.fullmatch(chosen):
            raise StackModelError(
                f"{chosen!r} is not a project name",
                mend="Use lower-case letters, digits, - and _, e.g. payments-2",
            )
        return chosen
    path = directory.resolve()
    stem = re.sub(r"[^a-z0-9_-]", "", path.name.lower()).lstrip("_-") or "stack"
    return f"{stem}-{hashlib.sha256(str(path).encode()).hexdigest()[:6]}"


class StateDir:
    """The folder of one project's state: lock, secrets, what was last brought up."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the folder, readable by its owner alone."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the folder; empty when it is missing or was cut off by a crash."""
        try:
            data = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}

    def write(self, name: str, data: dict[str, Any]) -> None:
        """Replace a JSON file of the folder, whole or not at all."""
        self.make()
        fresh = self.path / f"{name}.new"
        fresh.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        fresh.replace(self.path / name)

    def forget(self, *names: str) -> None:
        """Remove files of the folder; missing ones are no error."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the project; the kernel gives it back when the process ends, however it ends.

        Raises:
            BusyError: another process holds it.
        """
        self.make()
        with (self.path / "lock").open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise self._busy(file.name) from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def _busy(self, lock: str) -> BusyError:
        holder = Path(lock).read_text(encoding="utf-8").strip() or "unknown"
        return BusyError(
            f"another harness (process {holder}) holds the project {self.path.name}",
            where=lock,
            mend="Wait until it has ended, or choose another project with --project",
        )
