"""What a node sends, slowed or spoilt by a queue at its interfaces (``tc``)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .containers import Container
from .harm import Kept, Left, Step
from .namespaces import run_in
from .refusal import Failed

__all__ = ["HANDLE", "Shaping", "ours"]

HANDLE = "4a52:"
"""The queue's handle: the mark that a sweep looks for. An interface of a container has no queue of its own."""


class Shaping(Kept):
    """The step's ``queue`` (``["tbf", "rate", "1mbit", ...]``) as the root of every interface but the loopback."""

    alone = "a queue"

    def make(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """On interfaces that lack it."""
        shown = _tc(container.pid, "qdisc", "show")
        for device in _devices(container.pid):
            if device not in ours(shown):
                _tc(container.pid, "qdisc", "add", "dev", device, "root", "handle", HANDLE, *step["queue"])

    def unmake(self, injection: str, container: Container, step: Step) -> None:  # noqa: ARG002  # the protocol's
        """By looking."""
        for device in ours(_tc(container.pid, "qdisc", "show")):
            _tc(container.pid, "qdisc", "del", "dev", device, "root")

    def left(self, container: Container) -> Iterator[Left]:
        """Queues of our handle."""
        devices = ours(_tc(container.pid, "qdisc", "show"))
        if devices:
            what = f"{container.name} has a queue of a fault on {', '.join(devices)}"
            yield Left(what, lambda: self.unmake("", container, {}))


def ours(shown: str) -> list[str]:
    """The interfaces that have a queue of ours, by ``tc qdisc show``."""
    return re.findall(rf"^qdisc \w+ {HANDLE} dev (\S+) root", shown, re.MULTILINE)


def _devices(pid: int) -> list[str]:
    code, printed, errors = run_in(pid, ["ip", "-o", "link", "show", "up"])
    if code:
        raise Failed(f"the interfaces cannot be listed: {errors.strip()}")
    names = re.findall(r"^\d+: ([^:@]+)", printed, re.MULTILINE)
    return [name for name in names if name != "lo"]


def _tc(pid: int, *words: str) -> str:
    code, printed, errors = run_in(pid, ["tc", *words])
    if code:
        raise Failed(f"tc {' '.join(words)}: {errors.strip() or f'exit code {code}'}")
    return printed
