"""Faults by hand, for a test that steers itself: the ``chaos`` fixture."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.errors import HarnessError, UnsupportedFault
from harness.faults.base import Fault
from harness.faults.injector import Injector
from harness.faults.journal import Journal
from harness.faults.link import links_of
from harness.session import Session
from harness.timeline import Timeline
from harness.timeline_writer import TimelineWriter

__all__ = ["Chaos"]

_EVIDENCE_WITHIN_S = 10.0
_LEASE_S = 600.0


class Chaos:
    """Injects and heals one fault after another, each with its evidence.

    Args:
        session: the stack, entered.
        folder: where the timeline is written.
        seed: of every choice of ``one`` and of halves.
    """

    def __init__(self, session: Session, folder: Path, seed: int = 0) -> None:
        self._writer = TimelineWriter(folder / "timeline.jsonl")
        self._path = folder / "timeline.jsonl"
        self._links: tuple[str, ...] = ()
        self._needs = session.needs
        self._ids = (f"m{number}" for number in itertools.count(1))
        self._interposition = session.interposition("by-hand", seed)
        self._injector = Injector(
            agent=session.agent,
            journal=Journal(session.journal, run="by-hand"),
            scene=session.scene(seed),
            write_event=lambda kind, *, at=None, **keys: self._writer.write(kind, at=at, **keys),
        )

    def inject(self, fault: Fault) -> str:
        """Make a fault and return its id when its effect was seen.

        Raises:
            NoEvidence: no effect was seen within 10 s; what was done is healed at the end.
            UsageError: the fault cannot be done here; nothing was touched.
        """
        for link in links_of([fault]):
            self._interpose(link)
        self._needs.check([fault])
        injection = next(self._ids)
        self._injector.inject(injection, fault, deadline_s=_EVIDENCE_WITHIN_S, lease_s=_LEASE_S)
        return injection

    def _interpose(self, link: str) -> None:
        """The links of a test by hand are those of its first fault of a link: another cannot join them later."""
        if not self._interposition.proxied:
            self._links = (link,)
            self._writer.write("interposed", **self._interposition.begin(self._links, _LEASE_S))
        elif link not in self._links:
            raise UnsupportedFault(
                f"the link {link} cannot be interposed while {', '.join(self._links)} is",
                mend="Use two tests",
            )

    def heal(self, injection: str) -> None:
        """Heal one fault and see that it is gone."""
        self._injector.heal(injection)

    @property
    def timeline(self) -> Timeline:
        """What was done and seen so far."""
        return Timeline.read(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        remaining = [*self._injector.heal_all(), *self._interposition.end()]
        self._writer.close()
        if remaining:
            raise HarnessError(f"not everything could be healed: {', '.join(remaining)}", mend="harness heal")
