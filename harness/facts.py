"""What a run was made on: versions, host and commit, for ``run.json``."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.run_models import HostInfo

__all__ = ["commit", "host", "versions"]

_PACKAGES = ("docker", "locust", "polars", "pytest", "testcontainers", "httpx")


def versions() -> dict[str, str]:
    """Versions of the harness, of Python and of the packages that a run leans on."""
    found = {"python": platform.python_version(), "harness": _version("payment-chaos-harness")}
    return found | {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def host() -> HostInfo:
    """The kernel, the cores, the memory and the cgroup version of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    unified = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    kernel = platform.release() if sys.platform == "linux" else platform.platform()
    return HostInfo(kernel=kernel, cpus=os.cpu_count(), memory_mb=memory, cgroup="v2" if unified else "v1")


def commit(directory: Path) -> tuple[str | None, bool]:
    """The commit that this directory stands at, and whether something is changed on top of it."""
    head = _git(directory, "rev-parse", "HEAD")
    return (head or None), bool(_git(directory, "status", "--porcelain", "--untracked-files=no"))


def _git(directory: Path, *words: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *words], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
