"""What the kernel's control groups say of a container, for version 1 and version 2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cgroups", "Group", "group", "of_process"]

ROOT = Path("/host/cgroup")


@dataclass(frozen=True, slots=True)
class Cgroups:
    """A container's groups.

    Attributes:
        freezer: the group that freezes it (version 2: its only group).
        cpu: the group that counts its CPU time.
        version: 1 or 2.
    """

    freezer: Path
    cpu: Path
    version: int

    def pids(self) -> list[int]:
        """The processes in the group itself; none when the group is gone."""
        try:
            return [int(line) for line in (self.freezer / "cgroup.procs").read_text(encoding="ascii").split()]
        except OSError:
            return []

    def frozen(self) -> bool:
        """Whether every process in it stands still now, by the kernel's word; False when the group is gone."""
        try:
            if self.version == 1:
                return (self.freezer / "freezer.state").read_text(encoding="ascii").strip() == "FROZEN"
            return "frozen 1" in (self.freezer / "cgroup.events").read_text(encoding="ascii").splitlines()
        except OSError:
            return False

    def cpu_used_us(self) -> int | None:
        """Microseconds of CPU used so far; None when the group is gone or does not count."""
        try:
            if self.version == 1:
                return int((self.cpu / "cpuacct.usage").read_text(encoding="ascii")) // 1000
            words = (self.cpu / "cpu.stat").read_text(encoding="ascii").split()
            return int(words[words.index("usage_usec") + 1])
        except (OSError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Group:
    """One control group as one controller has it.

    Attributes:
        path: its folder.
        version: 1 or 2.
    """

    path: Path
    version: int

    def read(self, name: str) -> str | None:
        """What a file of it says; None when the group is gone or lacks it."""
        try:
            return (self.path / name).read_text(encoding="ascii").strip()
        except OSError:
            return None

    def write(self, name: str, value: str) -> None:
        """Write a file of it. Raises OSError."""
        (self.path / name).write_text(value, encoding="ascii")

    def add(self, pid: int) -> None:
        """Move a process into it. Raises OSError."""
        self.write("cgroup.procs", str(pid))


def group(pid: int, controller: str, root: Path = ROOT, proc: Path = Path("/proc")) -> Group | None:
    """The group of a process that this controller (``cpu``, ``memory``) has it in; None when it is gone."""
    try:
        lines = (proc / str(pid) / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    unified = None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return Group(_version_1(root, controllers, path.lstrip("/"), controller), 1)
        if not controllers:
            unified = Group(root / path.lstrip("/"), 2)
    return unified


def of_process(pid: int, root: Path = ROOT, proc: Path = Path("/proc")) -> Cgroups | None:
    """The groups of a process; None when it is gone."""
    try:
        lines = (proc / str(pid) / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return parse(lines, root)


def parse(lines: list[str], root: Path) -> Cgroups | None:
    """The groups that the lines of ``/proc/PID/cgroup`` name, below ``root``."""
    by_controller: dict[str, tuple[str, str]] = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            by_controller[controller] = (controllers, path.lstrip("/"))
    if "freezer" in by_controller:
        cpu = by_controller.get("cpuacct", by_controller["freezer"])
        return Cgroups(_version_1(root, *by_controller["freezer"]), _version_1(root, *cpu), 1)
    if "" not in by_controller:
        return None
    group = root / by_controller[""][1]
    return Cgroups(group, group, 2)


def _version_1(root: Path, controllers: str, path: str, controller: str = "") -> Path:
    """Hosts mount a hierarchy under its joint name (``cpu,cpuacct``) or under each controller's."""
    joint = root / controllers
    return (
        joint if joint.is_dir() else root / (controller or controllers.rsplit(",", maxsplit=1)[-1])
    ) / path
