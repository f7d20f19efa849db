"""Every kind of harm that is kept on a container, with the names of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .clocks import ClockSkew
from .containers import Container, Containers
from .cpu import CpuBurn, CpuLimit
from .descriptors import Descriptors
from .filters import Filters, HalfOpen
from .harm import Harm, Left, Step
from .lying import Lying
from .memory import MemoryLimit
from .passthrough import PathRules
from .refusal import Failed
from .shaping import Shaping
from .slots import Slots
from .stopping import Stopping

__all__ = ["Harms"]


class Harms:
    """The harms of one session.

    Args:
        containers: the only containers that there are.

    Attributes:
        steps: the name of each step -> what does it.
    """

    def __init__(self, containers: Containers) -> None:
        self._kinds: dict[tuple[str, str], Harm] = {
            ("net.filter", "net.unfilter"): Filters(containers),
            ("net.half-open", "net.whole"): HalfOpen(containers),
            ("net.shape", "net.unshape"): Shaping(containers),
            ("dns.lie", "dns.unlie"): Lying(containers),
            ("cpu.limit", "cpu.unlimit"): CpuLimit(containers),
            ("clock.skew", "clock.right"): ClockSkew(containers),
            ("cpu.burn", "cpu.cool"): CpuBurn(containers),
            ("memory.limit", "memory.unlimit"): MemoryLimit(containers),
            ("files.limit", "files.unlimit"): Descriptors(containers),
            ("slots.take", "slots.give"): Slots(containers),
            ("path.fail", "path.mend"): PathRules(containers),
            ("process.stop", "process.continue"): Stopping(containers),
        }
        self.steps: dict[str, Callable[[str, Step], None]] = {}
        for (do, undo), kind in self._kinds.items():
            self.steps |= {do: kind.begin, undo: kind.end}

    def again(self, container: str) -> list[str]:
        """The container runs anew, or has another address. Returns what went wrong."""
        errors = []
        for kind in self._kinds.values():
            try:
                kind.again(container)
            except Failed as error:
                errors.append(str(error))
        return errors

    def left(self, container: Container) -> Iterator[Left]:
        """What is left in a container that runs, by looking. Raises Failed."""
        for kind in self._kinds.values():
            yield from kind.left(container)
