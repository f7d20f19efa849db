"""The steps on the nodes' mirrors."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import btrfs, legs
from .containers import Containers
from .engine import Engine
from .harm import Step
from .mirrors import Mirror, Mirrors
from .refusal import Failed

__all__ = ["MirrorSteps"]

_FREE_WITHIN_S = 20.0
_AGAIN_EVERY_S = 0.05


class MirrorSteps:
    """Takes legs of mirrors away and puts them back.

    Args:
        engine: ends a node that lives on nothing.
        containers: the only containers that there are.
        mirrors: their mirrors.
        start: has a container run, unless it does.

    Attributes:
        steps: the name of each step -> what does it.
    """

    def __init__(
        self, engine: Engine, containers: Containers, mirrors: Mirrors, start: Callable[[str, Step], None]
    ) -> None:
        self._engine = engine
        self._containers = containers
        self._mirrors = mirrors
        self._start = start
        self.steps: dict[str, Callable[[str, Step], None]] = {
            "mirror.lose": self._lose,
            "mirror.mend": self._mend,
        }

    def check(self, step: Step) -> None:
        """Refuse a step on what is no mirror. Raises Refused, Failed."""
        if step["do"] == "mirror.lose":
            self._mirrors.find(step["container"], step["path"])

    def _lose(self, _: str, step: Step) -> None:
        """Lose the second leg, or both; with both the file system is gone for good."""
        both = int(step["legs"]) > 1
        first, second = self._mirrors.find(step["container"], step["path"]).legs
        legs.lose((first, second) if both else (second,), label=not both)

    def _mend(self, injection: str, step: Step) -> None:
        """Have the node run on a mirror that is whole."""
        mirror = self._mirrors.find(step["container"], step["path"])
        if lost := mirror.lost:
            if all(leg.labelled for leg in lost):
                self._resync(mirror)
            else:
                self._make_anew(step["container"], mirror)
            for leg in lost:
                leg.whole()
        self._start(injection, step)

    def _resync(self, mirror: Mirror) -> None:
        for leg in mirror.lost:
            leg.put_back()
        with btrfs.mounted(*mirror.devices) as place:
            btrfs.resync(place)

    def _make_anew(self, container: str, mirror: Mirror) -> None:
        """An empty file system: the node fills it from the others when it starts."""
        if self._containers.refresh(container).pid:
            self._engine.act(container, "kill", signal="SIGKILL")
        for leg in mirror.lost:
            leg.put_back()
        deadline = time.monotonic() + _FREE_WITHIN_S
        while True:
            try:
                legs.make(*mirror.devices)
            except Failed:  # the dead node's last process has not let go of it
                if time.monotonic() > deadline:
                    raise
                time.sleep(_AGAIN_EVERY_S)
            else:
                return
