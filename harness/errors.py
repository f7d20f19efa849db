"""Every error that the harness raises on purpose, and the exit code each one means.

::

    HarnessError                  4  the harness or the engine failed
    ├── UsageError                2  the input is wrong; nothing was touched
    │   ├── ExperimentError          an experiment, an injection, a load or a phase
    │   ├── StackModelError          the x-harness section of a Compose file
    │   ├── SelectorError            a selector that names nothing, or too much
    │   ├── UnsupportedFault         this host or this stack cannot do the fault
    │   ├── HistoryError             a history or an observation that cannot be read
    │   └── RunFolderError           a run folder that is missing or incomplete
    ├── EngineError                  Docker or Compose did not do what was asked
    │   ├── StackError               the stack did not come up, or did not become whole
    │   └── BusyError                another run holds this project
    ├── AgentError                   the agent is gone, refuses, or answers nonsense
    ├── RoleUnknown               3  no node plays the role that was asked for, now
    └── LoadError                 3  the load process did not start or died

Third-party errors are translated where the third party is called, once for each library:
``docker`` and Compose in :mod:`harness.stack.engine`, the agent's pipe in
:mod:`harness.agent.client`, pydantic and YAML in :mod:`harness.stack.model`, Polars in
:mod:`harness.history`.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AgentError",
    "BusyError",
    "EngineError",
    "ExperimentError",
    "HarnessError",
    "HistoryError",
    "LoadError",
    "RoleUnknown",
    "RunFolderError",
    "SelectorError",
    "StackError",
    "StackModelError",
    "UnsupportedFault",
    "UsageError",
]


class HarnessError(Exception):
    """The harness, or the engine under it, failed.

    Args:
        what: what is wrong, one sentence without a full stop.
        where: the place (``file:line``, a node, a selector), when there is one.
        mend: what the reader can do about it, when there is something.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, what: str, *, where: str | None = None, mend: str | None = None) -> None:
        self.what = what
        self.where = where
        self.mend = mend
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        mend = f". {self.mend}" if self.mend else ""
        return f"{place}{self.what}{mend}"


class UsageError(HarnessError):
    """The input is wrong; it was refused before anything was touched."""

    exit_code: ClassVar[int] = 2


class ExperimentError(UsageError):
    """An experiment, or a part of one, does not make sense."""


class StackModelError(UsageError):
    """The Compose file's x-harness section is wrong."""


class SelectorError(UsageError):
    """A selector names nothing, or cannot be understood."""


class UnsupportedFault(UsageError):
    """This host or this stack cannot do the fault."""


class HistoryError(UsageError):
    """A history or an observation file cannot be read."""


class RunFolderError(UsageError):
    """A run folder is missing, or a file in it is."""


class EngineError(HarnessError):
    """Docker or Compose did not do what was asked."""


class StackError(EngineError):
    """The stack did not come up, or is not whole."""


class BusyError(EngineError):
    """Another process of the harness holds this project."""


class AgentError(HarnessError):
    """The agent is gone, refuses, or answers nonsense."""


class RoleUnknown(HarnessError):
    """No node plays the role that was asked for at this moment: nothing can be concluded from the run."""

    exit_code = 3


class LoadError(HarnessError):
    """The load process did not start, or died: nothing can be concluded from the run."""

    exit_code = 3
