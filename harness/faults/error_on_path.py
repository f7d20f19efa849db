"""ErrorOnPath: calls on some paths of a node's volume fail, or wait."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.errors import ExperimentError, UnsupportedFault
from harness.faults.base import Plan, Probe
from harness.faults.nodes import plan_nodes
from harness.stack.node import Node, Scene

__all__ = ["ErrorOnPath"]

_CALLS = ("create", "open", "read", "write", "fsync")
_ERRORS = ("EIO", "ENOSPC")
_DELAYS_MS = (50, 5000)
_SHARE_MIN = 0.05
_PATTERN = re.compile(r"(?:[^/*?\[\]\\]+/)*(?:\*\*|(?![^/]*\*\*)[^/\[\]\\]*[*?][^/\[\]\\]*)")


@dataclass(frozen=True, slots=True)
class ErrorOnPath:
    """Of each node's calls on some paths of its volume a share fails with an error, or waits; other paths are as ever.

    A pass-through file system lies over the volume of such a stack (x-harness.paths); all calls go through it, as
    every program makes them. What the kernel's cache answers is no call. A node under it cannot be paused while it
    writes: the engine says that it cannot freeze it.

    Heals: by taking the rule out: the pass-through passes everything through again. A restart of the node ends it too,
    and the agent puts it in again. Should the pass-through itself die, the node ends with it and starts with a new one.

    Recovery: a program that is told EIO or ENOSPC gives up what it did, or itself; its supervisor starts it again, and
    when that does not help another node takes over. Without the rule it replays its log and rejoins.

    Attributes:
        on: selector of the nodes.
        path: the files and folders, relative to the volume; only its last part has wildcards, and has one: ``*`` and
            ``?`` within a name, or ``**`` for everything below a folder (``data/pg_wal/**``).
        error: ``EIO`` or ``ENOSPC``; None with delay_ms.
        delay_ms: milliseconds that a call waits before it is done, from 50 to 5000; None with error.
        calls: which: ``create`` (also of folders and links), ``open``, ``read``, ``write`` (also room that is
            allocated), ``fsync``.
        share: of the calls, from 0.05 to 1.
        seed: of the choice which calls those are.
    """

    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("fuse",)
    parts: ClassVar[frozenset[str]] = frozenset({"paths"})

    on: str
    path: str
    error: str | None = None
    delay_ms: int | None = None
    calls: Sequence[str] = ("create", "write")
    share: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not _PATTERN.fullmatch(self.path) or ".." in self.path.split("/"):
            raise ExperimentError(
                "ErrorOnPath: path is relative to the volume and has a wildcard in its last part alone"
                f" (data/pg_wal/**), not {self.path!r}"
            )
        if (self.error is None) == (self.delay_ms is None):
            raise ExperimentError("ErrorOnPath: give either error or delay_ms")
        self._check_harm()
        if isinstance(self.calls, str) or not self.calls or not set(self.calls) <= set(_CALLS):
            raise ExperimentError(f"ErrorOnPath: calls are of {', '.join(_CALLS)}, not {self.calls!r}")
        if not _SHARE_MIN <= self.share <= 1:
            raise ExperimentError(f"ErrorOnPath: share must be from {_SHARE_MIN} to 1, not {self.share}")
        if not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise ExperimentError(f"ErrorOnPath: seed must be a whole number from 0, not {self.seed!r}")

    def _check_harm(self) -> None:
        if self.error is not None and self.error not in _ERRORS:
            raise ExperimentError(f"ErrorOnPath: error must be {' or '.join(_ERRORS)}, not {self.error!r}")
        least, most = _DELAYS_MS
        if self.delay_ms is not None and (
            not isinstance(self.delay_ms, int) or not least <= self.delay_ms <= most
        ):
            raise ExperimentError(
                f"ErrorOnPath: delay_ms must be a whole number from {least} to {most}, not {self.delay_ms!r}"
            )

    def selectors(self) -> tuple[str, ...]:
        """The one."""
        return (self.on,)

    def plan(self, scene: Scene) -> Plan:
        """Evidence: a call on a file that matches fails with that error, or is so late; a file beside it works.

        And the pass-through counts calls of the node's own processes that it harmed. Afterwards both files work.
        """
        return plan_nodes(
            scene,
            self.on,
            inject=lambda node: {
                "do": "path.fail",
                "container": node.container,
                "seed": self.seed,
                **self._rule(),
            },
            heal=lambda node: {"do": "path.mend", "container": node.container},
            probe=lambda node: Probe(
                {"probe": "paths", "container": node.container, "place": _place(node), **self._rule()}
            ),
        )

    def _rule(self) -> dict[str, Any]:
        harm = {"error": self.error} if self.error else {"delay_ms": self.delay_ms}
        return {"path": self.path, "calls": list(self.calls), "share": self.share, **harm}


def _place(node: Node) -> str:
    if node.passthrough is None:
        raise UnsupportedFault(
            f"ErrorOnPath: no pass-through lies over a volume of {node.name}",
            where=node.name,
            mend=f"Name its volume in x-harness (paths: {{{node.group}: /its/place}}); by hand: harness up --paths",
        )
    return node.passthrough
