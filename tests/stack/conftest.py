"""A command line of the harness for tests, with a project and a folder for runs of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class HarnessCommand:
    """`harness ...` in this checkout; every call shares one project."""

    project: str
    runs: Path

    def __call__(self, *words: str, timeout_s: float = 600) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "harness.cli", *words],
            cwd=ROOT,
            env={**os.environ, "HARNESS_PROJECT": self.project},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )


@pytest.fixture(scope="session")
def harness_command(tmp_path_factory):
    """The command under a project name of this session; whatever happens, nothing of it stays."""
    command = HarnessCommand(f"harness-test-{os.getpid()}", tmp_path_factory.mktemp("runs"))
    yield command
    command("down")
