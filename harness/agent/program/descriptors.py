"""A process's descriptors: no more of them than it has."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

from .containers import Container, Containers
from .harm import Kept, Step
from .ledger import FOLDER
from .processes import Process, alive, identify, in_namespace, matching, owner
from .refusal import Failed

__all__ = ["Descriptors", "free_number", "limits_of"]

_WITHIN_S = 5.0


class Descriptors(Kept):
    """The processes that the step's ``pattern`` is found in may open nothing more.

    Their soft limit becomes the lowest number that is free. What it was is kept on the agent's disk; where that is gone
    too, the heal raises it to the hard limit.
    """

    alone = "limited descriptors"

    def __init__(self, containers: Containers, folder: Path = FOLDER) -> None:
        super().__init__(containers)
        self._folder = folder

    def make(self, injection: str, container: Container, step: Step) -> None:
        """Limit them. Raises Failed when there is none."""
        found = matching(container.pid, step["pattern"])
        if not found:
            raise Failed(f"{container.name}: no process matches {step['pattern']}")
        before = [[each.pid, each.start, *limits] for each in found if (limits := limits_of(each.pid))]
        self._file(injection, container).write_text(json.dumps(before), encoding="utf-8")
        for pid, _, _, hard in before:
            _limit(pid, free_number(pid), hard)

    def unmake(self, injection: str, container: Container, step: Step) -> None:
        """Each as it was; a child that was born into the limit, and whoever nothing is known of, gets the most."""
        file = self._file(injection, container)
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
        before = {Process(pid, start): (soft, hard) for pid, start, soft, hard in known}
        born = {each for pid in in_namespace(container.pid) if (each := identify(pid))}
        for each in {*matching(container.pid, step["pattern"]), *(before.keys() & born)}:
            limits = before.get(each) or limits_of(each.pid)
            if limits and alive(each):
                _limit(each.pid, limits[0] if each in before else limits[1], limits[1])
        file.unlink(missing_ok=True)

    def again(self, container: str) -> None:
        """A restart ends it: what begins anew needs descriptors to begin with. The evidence shows that."""

    def _file(self, injection: str, container: Container) -> Path:
        return self._folder / f"{quote(injection, safe='')}-{container.id[:12]}.descriptors"


def limits_of(pid: int) -> tuple[int, int] | None:
    """The soft and the hard limit of a process's descriptors; None when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    words = next(line for line in lines if line.startswith("Max open files")).split()
    return int(words[3]), int(words[4])


def free_number(pid: int) -> int:
    """The lowest descriptor that a process does not use: the next that it would get."""
    try:
        used = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    except OSError:
        return 0
    return next(number for number in range(len(used) + 1) if number not in used)


def _limit(pid: int, soft: int, hard: int) -> None:
    """As the process's own user: nobody else may, without a capability that the agent does not have."""
    try:
        user, own_group = owner(pid)
    except OSError:
        return  # it is gone
    argv = ["setpriv", f"--reuid={user}", f"--regid={own_group}", "--clear-groups"]
    argv += ["prlimit", f"--pid={pid}", f"--nofile={soft}:{hard}"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    if done.returncode and identify(pid) is not None:
        raise Failed(f"the descriptors of process {pid} could not be limited: {done.stderr.strip()}")
