"""Tries the engine, Compose, buildx and the base image by using them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from harness.stack.doctor.report import Row
from harness.stack.setup.base_image import BASE_IMAGE
from harness.stack.setup.program import Outcome, find, run

__all__ = ["basic_rows"]

_ASK_S = 15.0
_BUILD_S = 60.0
_FIX = "Run `harness doctor --fix` (or make setup)"
_COMPOSE_MAJOR = 2


def basic_rows() -> tuple[Row, ...]:
    """The four things without which nothing is built or started, tried at once."""
    with ThreadPoolExecutor(4) as pool:
        rows = [pool.submit(each) for each in (_engine, _compose, _buildx, _base_image)]
        return tuple(row.result() for row in rows)


def _engine() -> Row:
    outcome = run(["docker", "info", "--format", "{{.ServerVersion}}, {{.Driver}}"], timeout_s=_ASK_S)
    # An older command line ends with 0 although the engine did not answer.
    ok = outcome.ok and re.match(r"\d", outcome.out.strip()) is not None
    return Row(
        name="engine",
        ok=ok,
        found=outcome.out.strip() if ok else outcome.said,
        enables="everything: the stack's nodes are its containers",
        mend=engine_mend(outcome),
        required=True,
    )


def engine_mend(outcome: Outcome) -> str:
    """What to do about an engine that did not answer like this."""
    if "permission denied" in outcome.err.lower():
        return "Run as root, or add yourself to the group docker and log in again"
    return _FIX if find("dockerd") is None else f"{_FIX} as root: it starts the engine that is installed"


def _compose() -> Row:
    outcome = run(["docker", "compose", "version", "--short"], timeout_s=_ASK_S)
    version = outcome.out.strip().removeprefix("v")
    return Row(
        name="compose",
        ok=outcome.ok and version.split(".")[0].isdigit() and int(version.split(".")[0]) >= _COMPOSE_MAJOR,
        found=version if outcome.ok else outcome.said,
        enables="up, down: the stack is one Compose project",
        mend=f"{_FIX}; it needs Compose v2 or later, as a plugin of docker",
        required=True,
    )


def _buildx() -> Row:
    """Ask for its version and for an empty build; a cache-only build leaves nothing."""
    version = run(["docker", "buildx", "version"], timeout_s=_ASK_S)
    build = ["docker", "buildx", "build", "--quiet", "--output", "type=cacheonly", "-"]
    built = run(build, timeout_s=_BUILD_S, stdin="FROM scratch\nENV doctor=1\n") if version.ok else version
    words = version.out.split()
    return Row(
        name="buildx",
        ok=built.ok,
        found=words[1] if built.ok and len(words) > 1 else built.said,
        enables="building the stack's images",
        mend=_FIX,
        required=True,
    )


def _base_image() -> Row:
    outcome = run(
        ["docker", "image", "inspect", "--format", "{{slice .Id 7 19}}", BASE_IMAGE], timeout_s=_ASK_S
    )
    return Row(
        name="base image",
        ok=outcome.ok,
        found=f"{BASE_IMAGE} {outcome.out.strip()}" if outcome.ok else f"no {BASE_IMAGE}",
        enables="building the stack's images",
        mend=f"{_FIX}: it pulls the image, or makes it where no registry can be reached",
        required=True,
    )
