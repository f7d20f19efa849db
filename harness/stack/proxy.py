"""The proxy of links: a Toxiproxy in a container of its own, there only for a run that harms links."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.resources import files as resources

from harness.errors import EngineError, UnsupportedFault
from harness.stack.engine import Engine
from harness.stack.helper_images import authorities, docker
from harness.stack.node import Node

__all__ = ["PROXY_SERVICE", "VERSION", "ready_image", "shared_networks", "start_proxy"]

PROXY_SERVICE = "harness-proxy"
"""What the proxy's container calls itself; it is no service of the stack, and no node."""
VERSION = "2.12.0"
IMAGE = f"harness-toxiproxy:{VERSION}"

_OFFICIAL = f"ghcr.io/shopify/toxiproxy:{VERSION}"
_PULL_WITHIN_S = 20.0
_BUILD_WITHIN_S = 900.0


def ready_image(engine: Engine, say: Callable[[str], None]) -> None:
    """Have the proxy's image: the official one, else one built from the Go module proxy. Quick when it is there.

    Raises:
        EngineError: it can neither be pulled nor built.
    """
    if engine.image_id(IMAGE) is not None:
        return
    say(f"getting Toxiproxy {VERSION} (the first time; it is built where it cannot be pulled)")
    if docker(["pull", "--quiet", _OFFICIAL], _PULL_WITHIN_S) is None:
        docker(["tag", _OFFICIAL, IMAGE], _PULL_WITHIN_S)
        return
    context = str(resources("harness").joinpath("toxiproxy"))
    words = [
        "build",
        "--quiet",
        "--build-arg",
        f"VERSION={VERSION}",
        "--tag",
        IMAGE,
        *authorities(),
        context,
    ]
    if trouble := docker(words, _BUILD_WITHIN_S):
        raise EngineError(
            f"Toxiproxy's image can neither be pulled nor built: {trouble}",
            mend=f"Give the engine a way to {_OFFICIAL} or to the Go module proxy, or load an image {IMAGE}",
        )


def shared_networks(
    hops: Iterable[tuple[Node, Node]], networks: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """The networks that the proxy must be on: one that both ends of each hop share.

    Args:
        hops: source and target.
        networks: the networks of each container, by its id.

    Raises:
        UnsupportedFault: two ends share none.
    """
    wanted: set[str] = set()
    for source, target in hops:
        both = networks[source.container] & networks[target.container]
        if not both:
            raise UnsupportedFault(
                f"{source.name} and {target.name} share no network, so no link leads from one to the other"
            )
        if not both & wanted:
            wanted.add(min(both))
    return tuple(sorted(wanted))


def start_proxy(engine: Engine, project: str, networks: Sequence[str]) -> str:
    """Start the proxy on these networks; one that an earlier run left is removed. Returns its container's id.

    It publishes nothing: its control API listens on its own loopback alone, and the agent reaches it there.

    Raises:
        EngineError: the engine would not.
    """
    name = f"{project}-{PROXY_SERVICE}"
    with contextlib.suppress(EngineError):
        engine.remove("containers", name)
    return engine.start_helper(
        name,
        IMAGE,
        ["-host=127.0.0.1"],
        networks,
        {
            "com.docker.compose.project": project,
            "com.docker.compose.service": PROXY_SERVICE,
            "com.docker.compose.container-number": "1",
            "com.docker.compose.oneoff": "False",
            "harness.proxy": "1",
        },
    )
