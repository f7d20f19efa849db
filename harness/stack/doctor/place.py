"""Where kernel features are tried: as near as can be to where faults are made."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from harness.stack.setup.base_image import BASE_IMAGE, have_image
from harness.stack.setup.program import run

__all__ = ["CAPABILITIES", "LABEL", "Place", "choose_place", "confinement", "throw_away"]

LABEL = "harness.doctor"

# What harness/agent/compose.agent.yaml grants, no more and no less (a test compares the two).
CAPABILITIES = (
    "NET_ADMIN",
    "NET_RAW",
    "SYS_ADMIN",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "KILL",
    "DAC_OVERRIDE",
    "SETUID",
    "SETGID",
)

# Compose names an image after its project and service; any project's agent is the same program.
_AGENT_IMAGES = "*-harness-agent"

_REMOVE_S = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere a shell can be run as root of namespaces of its own.

    Attributes:
        name: words for the report (``in the agent's image``).
        argv: the program that enters the place; the shell's own arguments follow it.
        container: the throw-away container's name, when it is one.
    """

    name: str
    argv: Sequence[str]
    container: str | None = None

    def clear(self) -> None:
        """Remove the container, should it have outlived its shell."""
        if self.container:
            run(["docker", "rm", "--force", "--volumes", self.container], timeout_s=_REMOVE_S)


def choose_place(*, engine: bool) -> Place | None:
    """The agent's image if it was built, else this host as root, else its programs through the engine.

    The agent's image comes first because the agent is confined there as it will be in a run. The last one
    serves a user of the engine who is not root.

    Args:
        engine: whether an engine answers.
    """
    if engine and (agent := _agent_image()):
        return _container("in the agent's image", agent, [], [])
    if os.geteuid() == 0:
        return Place("on this host", ("unshare", "--net", "--mount"))
    if engine and have_image(BASE_IMAGE):
        return _container(
            "with this host's programs", BASE_IMAGE, ["--volume", "/:/host:ro"], ["chroot", "/host"]
        )
    return None


def throw_away(name: str, *options: str) -> list[str]:
    """The start of a ``docker run`` for a container that is nobody's but ours."""
    return ["docker", "run", "--name", name, "--label", LABEL, "--pull", "never", *options]


def confinement() -> list[str]:
    """The agent's confinement, as options of ``docker run``."""
    granted = [part for capability in CAPABILITIES for part in ("--cap-add", capability)]
    # AppArmor's default profile forbids mounts and setns; elsewhere the option means nothing.
    return ["--network", "none", "--security-opt", "apparmor=unconfined", "--cap-drop", "ALL", *granted]


def _agent_image() -> str | None:
    """The agent's image that was built last."""
    asked = run(
        ["docker", "image", "ls", "--quiet", "--filter", f"reference={_AGENT_IMAGES}"], timeout_s=_REMOVE_S
    )
    return next(iter(asked.out.split()), None)


def _container(name: str, image: str, options: Sequence[str], enter: Sequence[str]) -> Place:
    container = f"harness-doctor-{secrets.token_hex(4)}"
    # Loop devices (block 7) and loop-control and FUSE (character 10) are reached through the host's /dev.
    devices = [
        "--volume",
        "/dev:/dev",
        "--device-cgroup-rule",
        "b 7:* rwm",
        "--device-cgroup-rule",
        "c 10:* rwm",
    ]
    inside = ["--rm", "--interactive", "--entrypoint", "", *confinement(), *devices, *options]
    return Place(name, [*throw_away(container, *inside), image, *enter], container)
