"""Paths that can fail: services that x-harness names start with a pass-through over their volume.

The program (``harness/passthrough``) becomes the node's first process, lays itself over the volume and starts what the
service starts. It needs the device ``/dev/fuse`` and SYS_ADMIN, which it does not hand on. Every call on the volume
then takes a way through it, so the stack is up with it only when an experiment wants it, or ``harness up --paths``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

from harness.errors import EngineError, StackModelError
from harness.stack.engine import PASSTHROUGH_LABEL, Engine, Errand
from harness.stack.helper_images import authorities, docker

__all__ = ["override", "prepare"]

_FOLDER = "/harness-passthrough"
_PROGRAM = f"{_FOLDER}/passthrough"
_STORE = "harness-passthrough"
_BUILD_WITHIN_S, _COPY_WITHIN_S = 900.0, 30.0

Say = Callable[[str], None]


def override(
    project: str,
    volumes: Mapping[str, str],
    config: Mapping[str, Any],
    starts: Callable[[str], tuple[list[str], list[str], str]],
) -> dict[str, Any]:
    """A Compose file that starts each service with the pass-through.

    Args:
        project: the Compose project.
        volumes: service -> where it sees the volume.
        config: Compose's merged files.
        starts: an image's entry point, command and user.

    Raises:
        StackModelError: a service has no volume there, does not start as root, or has no command.
    """
    for service, place in volumes.items():
        if all(mount.get("target") != place for mount in config["services"][service].get("volumes") or []):
            raise StackModelError(
                f"x-harness.paths: {service} has no volume at {place}",
                mend=f'Add to the service: volumes: ["NAME:{place}"]',
            )
    services = {
        service: {
            "entrypoint": [_PROGRAM, place, "--"],
            "command": _command(service, config["services"][service], project, starts),
            # tini, where it is what the service starts, is the first process no more, and says so.
            "environment": {"TINI_SUBREAPER": "1"},
            "cap_add": ["SYS_ADMIN"],
            "devices": ["/dev/fuse:/dev/fuse"],
            "security_opt": ["apparmor:unconfined"],
            "volumes": [f"{_STORE}:{_FOLDER}:ro"],
            "labels": {PASSTHROUGH_LABEL: place},
        }
        for service, place in volumes.items()
    }
    return {"services": services, "volumes": {_STORE: {"external": True, "name": _store(project)}}}


def _command(
    service: str,
    section: Mapping[str, Any],
    project: str,
    starts: Callable[[str], tuple[list[str], list[str], str]],
) -> list[str]:
    """All that the service would start with, in Compose's own spelling."""
    entry, usual, user = starts(section.get("image") or f"{project}-{service}")
    user = str(section.get("user") or user).partition(":")[0]
    if user not in ("", "root", "0"):
        raise StackModelError(
            f"x-harness.paths: {service} starts as {user}, and only root can lay a pass-through over a volume",
            mend="Have it start as root and change to its user by itself (setpriv)",
        )
    own = section.get("entrypoint")
    # As Compose has it: who sets the entry point gets no command of the image.
    command = section.get("command") or ([] if own else [word.replace("$", "$$") for word in usual])
    found = [*(own or [word.replace("$", "$$") for word in entry]), *command]
    if not found:
        raise StackModelError(f"x-harness.paths: {service} has no command that could be started")
    return found


def prepare(engine: Engine, project: str, say: Say) -> None:
    """Have the program in a volume of the project; it is built when its sources are new.

    Raises:
        EngineError: it cannot be built.
    """
    image = _image()
    if engine.image_id(image) is None:
        _build(image, say)
    engine.make_volume(project, _store(project))
    engine.run_errand(
        Errand(
            project=project,
            image=image,
            command=["--copy-to", _PROGRAM],
            binds={_store(project): _FOLDER},
            capabilities=[],
            devices=[],
            timeout_s=_COPY_WITHIN_S,
        )
    )


def _build(image: str, say: Say) -> None:
    say("building the pass-through of paths (when its sources are new)")
    words = ["build", "--quiet", "--tag", image, *authorities(), str(_context())]
    if trouble := docker(words, _BUILD_WITHIN_S):
        raise EngineError(
            f"the pass-through's image cannot be built: {trouble}",
            mend=f"Give the engine a way to the Go module proxy, or load an image {image}",
        )


def _context() -> Path:
    return Path(str(resources("harness").joinpath("passthrough")))


def _image() -> str:
    """Named by what it is made of."""
    digest = hashlib.sha256()
    for file in sorted(_context().iterdir()):
        if file.suffix in (".go", ".mod", ".sum") or file.name == "Dockerfile":
            digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return f"harness-passthrough:{digest.hexdigest()[:12]}"


def _store(project: str) -> str:
    return f"{project}_{_STORE}"
