"""``harness heal``: put right whatever a run left injected."""

from __future__ import annotations

from collections.abc import Iterator

from harness.agent.client import Agent
from harness.errors import HarnessError, StackError
from harness.faults.journal import heal_from_journal, outstanding
from harness.stack.compose import Stack

__all__ = ["heal_stack"]


def heal_stack(stack: Stack) -> Iterator[str]:
    """Heal by the undo journal first, then by looking at the system; says in words what was done.

    Raises:
        BusyError: a run holds the project; it heals by itself.
        HarnessError: something could not be healed, named.
    """
    with stack.lock():
        if not stack.nodes():
            yield f"{stack.project} is down: there is nothing to heal"
            return
        with Agent.connect(_agent_container(stack), stack.project) as agent:
            journal = stack.state_dir / "journal.jsonl"
            begun = outstanding(journal)
            remaining = heal_from_journal(agent, journal)
            yield from (f"healed by the journal: {entry.name}" for entry in begun)
            swept = agent.sweep()
            yield from (f"found and healed: {item}" for item in swept["healed"])
            remaining += swept["remaining"]
        if remaining:
            raise HarnessError(f"not healed: {'; '.join(remaining)}", mend="harness down, then harness up")
        if not begun and not swept["healed"]:
            yield "nothing was injected"


def _agent_container(stack: Stack) -> str:
    try:
        return stack.agent_container()
    except StackError:  # the agent itself was killed: it comes back with the rest of the stack
        stack.up()
        return stack.agent_container()
