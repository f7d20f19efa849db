"""``harness status``: the nodes, what they are right now, and what is injected."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group
from rich.table import Table

from harness.agent.client import Agent
from harness.errors import HarnessError
from harness.faults.journal import Entry, outstanding
from harness.stack.compose import ServiceStatus, Stack

__all__ = ["Status", "status_of"]


@dataclass(frozen=True, slots=True)
class Status:
    """The stack as it is now.

    Attributes:
        project: the Compose project.
        address: where the load would go; None when nothing is published.
        services: every container.
        injected: what the undo journal knows as not healed.
    """

    project: str
    address: str | None
    services: Sequence[ServiceStatus]
    injected: Sequence[Entry]

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "project": self.project,
            "address": self.address,
            "services": [dataclasses.asdict(service) for service in self.services],
            "injected": [{"injection": entry.name, "at": entry.at} for entry in self.injected],
        }

    def table(self) -> Group:
        """For a person."""
        table = Table(box=None, pad_edge=False)
        for column in ("node", "group", "role", "state", "health"):
            table.add_column(column)
        for one in self.services:
            table.add_row(one.name, one.group or "", one.role or "", one.state, one.health or "")
        names = ", ".join(entry.name for entry in self.injected)
        where = f"{self.project} at {self.address}" if self.address else f"{self.project} is down"
        return Group(where, table, f"injected: {names or 'nothing'}")


def status_of(stack: Stack) -> Status:
    """Ask the engine, every node and the undo journal; changes nothing, needs no lock.

    Raises:
        EngineError: the engine does not answer.
    """
    address = None
    with contextlib.suppress(HarnessError):
        address = stack.published()
    injected = outstanding(stack.state_dir / "journal.jsonl")
    return Status(stack.project, address, _services(stack), injected)


def _services(stack: Stack) -> list[ServiceStatus]:
    try:
        container = stack.agent_container()
    except HarnessError:
        return stack.status()
    with Agent.connect(container, stack.project) as agent:
        return stack.status(agent)
