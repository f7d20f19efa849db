"""A container's wall clock: off by so many seconds, by a file that libfaketime reads in each of its processes.

The label ``harness.clock`` says where that file is in the container. Without the file the clock is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .cgroups import of_process
from .containers import Container
from .harm import Kept, Left, Step
from .processes import environment
from .refusal import Failed, Refused

__all__ = ["LABEL", "ClockSkew", "root_of", "told"]

LABEL = "harness.clock"
_NAMED_IN = "FAKETIME_TIMESTAMP_FILE"


class ClockSkew(Kept):
    """The step's ``by_s`` are added to the time that the container's processes are told.

    The file outlives a restart, and the agent's program.
    """

    alone = "a skewed clock"

    def begin(self, injection: str, step: Step) -> None:
        """Do the step. Raises Refused when the container's processes would not read the file."""
        _need_clock(self._containers.refresh(step["container"]))
        super().begin(injection, step)

    def make(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """Write it, whole in one moment: a process that read half of it would see a third time."""
        file = _file(container)
        if file is None:
            return  # just gone
        fresh = file.with_name(f"{file.name}.new")
        try:
            fresh.write_text(f"{float(step['by_s']):+.3f}\n", encoding="ascii")
            fresh.chmod(0o644)
            fresh.replace(file)
        except OSError as error:
            raise Failed(f"{container.name}: its clock could not be skewed: {error}") from error

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """The right time."""
        _right(container)

    def again(self, container: str) -> None:
        """What is wanted lasts by itself; one that was down when it was healed has it still."""
        with self._lock:
            if all(own != container for _, own in self._wanted):
                _right(self._containers.get(container))

    def left(self, container: Container) -> Iterator[Left]:
        """A file where the label says."""
        file = _file(container)
        try:
            offset = file.read_text(encoding="utf-8", errors="replace").strip() if file is not None else None
        except FileNotFoundError:
            return
        except OSError as error:
            raise Failed(f"{container.name}: its clock could not be looked at: {error}") from error
        if offset is not None:
            yield Left(f"{container.name} has its clock off by {offset} s", lambda: _right(container))


def _need_clock(container: Container) -> None:
    place = container.labels.get(LABEL)
    if place is None:
        raise Refused(f"{container.name} has no clock that can be skewed: its service has no label {LABEL}")
    if not container.pid:
        return  # which is said elsewhere
    read = environment(container.pid).get(_NAMED_IN)
    if read != place:
        raise Refused(f"{container.name} runs with {_NAMED_IN}={read}, and its label {LABEL} says {place}")
    if not told(container.pid)[0]:
        raise Refused(
            f"{container.name}: no process of it runs with libfaketime; its image needs that package"
        )


def _file(container: Container) -> Path | None:
    """Where the file is, by the agent's paths; None when it has no such clock, or does not run."""
    place = container.labels.get(LABEL)
    return root_of(container.pid) / place.lstrip("/") if place and container.pid else None


def root_of(pid: int) -> Path:
    """The root of a process's files."""
    return Path(f"/proc/{pid}/root")


def told(pid: int) -> tuple[int, int]:
    """How many processes of a container have the library in memory, and how many there are.

    Only those of its control group: a process that the agent has in its namespaces is no witness for itself.
    """
    own = of_process(pid)
    mapped = [_maps(each) for each in (own.pids() if own is not None else [])]
    return sum("/libfaketime" in maps for maps in mapped), sum(bool(maps) for maps in mapped)


def _maps(pid: int) -> str:
    """What files a process has in memory; nothing when it is gone, or about to."""
    try:
        return Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _right(container: Container) -> None:
    file = _file(container)
    try:
        if file is not None:
            file.unlink(missing_ok=True)
    except OSError as error:
        raise Failed(f"{container.name}: its clock could not be put right: {error}") from error
