"""Images that the harness builds for its own helpers, from sources that the host may have to prove its way to."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from pathlib import Path

from harness.errors import EngineError
from harness.stack.command import run_command
from harness.stack.engine import engine_host

__all__ = ["authorities", "docker"]


def authorities() -> list[str]:
    """The words of ``docker build`` that lend it the host's own bundle of authorities; none where it has none."""
    found = ssl.get_default_verify_paths().cafile
    return ["--secret", f"id=authorities,src={found}"] if found and Path(found).is_file() else []


def docker(words: Sequence[str], timeout_s: float) -> str | None:
    """Run a docker command; its last words when it failed."""
    env = os.environ | {"DOCKER_HOST": engine_host(), "DOCKER_BUILDKIT": "1"}
    try:
        said = run_command(["docker", *words], cwd=Path.cwd(), env=env, timeout_s=timeout_s)
    except EngineError as error:
        return error.what
    lines = (said.err + said.out).strip().splitlines()
    return (lines[-1] if lines else f"exit code {said.code}") if said.code else None
