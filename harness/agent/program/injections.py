"""What is injected, how to undo it, and until when the client vouches for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .clock import now
from .ledger import Ledger
from .refusal import Failed, Gone, Refused
from .steps import LOST_AT_RESTART, Step, Steps

__all__ = ["Injection", "Injections"]

_LEASES_EVERY_S = 0.1
_RETRY_S = 1.0
_QUICK_S = 0.5


@dataclass(slots=True)
class Injection:
    """One injection of this session."""

    id: str
    do: tuple[Step, ...]
    undo: tuple[Step, ...]
    lease_until: float
    current: Step | None = None
    ended: bool = False
    again: list[tuple[str, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Injections:
    """The injections of this session.

    Args:
        steps: does the work.
        ledger: the agent's own copy of the undo, on its disk.
        healed: called with the id and the reason when one heals without having been asked to.
    """

    def __init__(self, steps: Steps, ledger: Ledger, healed: Callable[[str, str], None]) -> None:
        self._steps = steps
        self._ledger = ledger
        self._healed = healed
        self._active: dict[str, Injection] = {}
        self._closing = False
        self._guard = threading.Lock()
        threading.Thread(target=self._watch_leases, name="leases", daemon=True).start()

    @property
    def active(self) -> list[str]:
        """The ids of what is injected."""
        return list(self._active)

    def again(self, container: str) -> None:
        """It restarted: what that took away of the injections is done again. Raises Failed."""
        for record in list(self._active.values()):
            lost = [s for s in record.do if s["do"] in LOST_AT_RESTART and s["container"] == container]
            for step in lost:
                with record.lock:
                    if not record.ended:
                        self._steps.do(record.id, step)
                        record.again.append((container, now()))

    def reapplied(self, injection: str) -> list[tuple[str, float]]:
        """The containers in which it was made again after a restart, with the times."""
        record = self._active.get(injection)
        return list(record.again) if record else []

    def inject(
        self, injection: str, do: Sequence[Step], undo: Sequence[Step], lease_s: float
    ) -> dict[str, float]:
        """Keep the undo, then do. What was half done is undone.

        Returns:
            ``begun_at`` and ``done_at``.

        Raises:
            Refused: nothing was done.
            Failed: a step failed; the undo was done.
        """
        for step in (*do, *undo):
            self._steps.check(step)
        record = self._open(injection, do, undo, lease_s)
        begun = now()
        try:
            with record.lock:
                self._do(record, do)
        except BaseException:
            self.heal(injection)
            raise
        return {"begun_at": begun, "done_at": now()}

    def heal(self, injection: str) -> list[str]:
        """Undo it, past errors; one that is unknown is healed already. Returns what could not be undone."""
        record = self._active.get(injection)
        if record is None:
            return []
        record.ended = True
        self._hurry(record)
        with record.lock:
            remaining = self.undo(injection, record.undo)
        if not remaining:
            self._active.pop(injection, None)
            self._ledger.strike(injection)
        return remaining

    def undo(self, injection: str, steps: Sequence[Step]) -> list[str]:
        """Undo by the given steps alone: for what another session did. Returns what could not be undone."""
        remaining = []
        for step in steps:
            try:
                self._steps.do(injection, step)
            except Gone:
                continue
            except (Failed, Refused) as error:
                remaining.append(f"{injection}: {step['do']}: {error}")
        return remaining

    def renew(self, lease_s: float, injections: Sequence[str]) -> None:
        """The client lives and still wants these."""
        until = now() + lease_s
        for injection in injections:
            if record := self._active.get(injection):
                record.lease_until = until

    def heal_all(self) -> list[str]:
        """Heal everything, each in a thread of its own: one that hangs keeps no other waiting.

        Rules and pauses go first and alone: while the engine starts a container, the kernel lets nobody
        else change a network for a quarter of a second.
        """
        with self._guard:
            self._closing = True
        remaining: list[str] = []

        def heal(injection: str) -> None:
            remaining.extend(self.heal(injection))

        threads = []
        for slow in (False, True):
            records = [record for record in self._active.values() if _starts(record) is slow]
            group = [threading.Thread(target=heal, args=(r.id,), daemon=True) for r in records]
            threads += group
            for thread in group:
                thread.start()
            deadline = now() + _QUICK_S
            for thread in group:
                thread.join(max(0.0, deadline - now()))
        for thread in threads:
            thread.join()
        return remaining

    def _open(self, injection: str, do: Sequence[Step], undo: Sequence[Step], lease_s: float) -> Injection:
        record = Injection(injection, tuple(do), tuple(undo), now() + lease_s)
        with self._guard:
            if self._closing:
                raise Refused("the session is ending; nothing more is injected")
            if injection in self._active:
                raise Refused(f"an injection {injection!r} is active already")
            self._active[injection] = record
        self._ledger.enter(injection, undo)
        return record

    def _do(self, record: Injection, do: Sequence[Step]) -> None:
        for step in do:
            if record.ended:
                raise Failed("it was healed before it was injected whole")
            record.current = step
            try:
                self._steps.do(record.id, step)
            finally:
                record.current = None

    def _hurry(self, record: Injection) -> None:
        step = record.current
        if step is not None:
            try:
                self._steps.hurry(step)
            except Failed:
                return

    def _watch_leases(self) -> None:
        pause = threading.Event()
        while not pause.wait(_LEASES_EVERY_S):
            for record in list(self._active.values()):
                if now() > record.lease_until:
                    remaining = self.heal(record.id)
                    record.lease_until = now() + _RETRY_S
                    self._healed(record.id, "; ".join(["its lease ran out", *remaining]))


def _starts(record: Injection) -> bool:
    """Whether its heal has the engine start a container."""
    return any(step["do"] in ("engine.start", "disk.renew") for step in record.undo)
