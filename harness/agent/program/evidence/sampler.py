"""Looks again and again, from before the injection until after the heal."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..clock import now
from ..refusal import Failed
from .item import Item, Open
from .probe import Measures, Probe

__all__ = ["Sampler"]

_SLOW_S = 0.05
_HASTE_MAX_S = 10.0


class Sampler:
    """The evidence of one injection.

    Args:
        injection: its id.
        probes: what to look at.
    """

    def __init__(self, injection: str, probes: Sequence[Probe]) -> None:
        self._probes = probes
        self._lock = threading.Condition()
        self._ended = False
        self._broken: str | None = None
        self._healed_at: float | None = None
        self._fast_s = sum(probe.tick_s for probe in probes)
        self._thread = threading.Thread(target=self._run, name=f"evidence-{injection}", daemon=True)

    def arm(self, timeout_s: float) -> float:
        """Begin to look; returns the time when everything was seen to be normal. Raises Failed."""
        for probe in self._probes:
            probe.open()
        self._fast_s = sum(probe.tick_s for probe in self._probes)
        self._thread.start()
        self._wait(
            timeout_s, lambda: all(item.normal_at is not None and item.down is None for item in self.items)
        )
        missing = [self._tell(item, "was not seen to work") for item in self.items if item.normal_at is None]
        if missing or self._broken:
            raise Failed("before the fault: " + "; ".join([*filter(None, [self._broken]), *missing[:5]]))
        return now()

    def begin(self) -> None:
        """The injection begins now."""
        self._mark(lambda item, at: item.begin(at))

    def heal(self) -> None:
        """The heal begins now."""
        self._healed_at = now()
        self._mark(lambda item, at: item.heal(at))

    def gap(self, why: str) -> None:
        """Something other than a look broke the evidence."""
        with self._lock:
            for item in self.items[:1]:
                item.gaps.append((now(), why))

    def healed(self) -> None:
        """The heal is done."""
        with self._lock:
            for probe in self._probes:
                probe.healed()
            self._lock.notify_all()

    def wait_effect(self, timeout_s: float) -> dict[str, Any]:
        """``effect_at``, when every item has shown the effect; else None and ``why``."""
        self._wait(timeout_s, lambda: all(item.settled for item in self.items))
        with self._lock:
            missing = [self._tell(item, "no effect was seen") for item in self.items if not item.settled]
            times = [item.effect_at for item in self.items if item.dates and item.effect_at is not None]
        blind = [] if self.items else ["no probe looks at this fault"]
        why = "; ".join([*filter(None, [self._broken]), *blind, *missing[:5]])
        return {"effect_at": None if why or not times else max(times), "why": why}

    def wait_gone(self, timeout_s: float) -> dict[str, Any]:
        """``gone_at``, when every item is normal again or has an excuse; else None and ``why``."""
        self._wait(
            timeout_s, lambda: all(item.gone_at is not None or self._excuse(item) for item in self.items)
        )
        with self._lock:
            there = [i for i in self.items if i.gone_at is None and not self._excuse(i)]
            missing = [self._tell(item, "was not seen to work again") for item in there]
            excused = sorted(
                {str(self._excuse(i)) for i in self.items if i.gone_at is None and self._excuse(i)}
            )
            times = [item.gone_at for item in self.items if item.gone_at is not None]
        why = "; ".join([*filter(None, [self._broken]), *missing[:5]])
        return {"gone_at": None if why else max(times, default=now()), "why": why, "excused": excused}

    def summary(self) -> dict[str, Any]:
        """What was seen so far: looks, gaps, and each item's story."""
        with self._lock:
            gaps = sorted(gap for item in self.items for gap in item.gaps)
            return {
                "looks": sum(item.looks for item in self.items),
                "gaps": [{"at": at, "what": what} for at, what in gaps],
                "broken": self._broken,
                "measured": [line for p in self._probes if isinstance(p, Measures) for line in p.measured()],
                "items": [
                    {
                        "name": i.name,
                        "effect_at": i.effect_at,
                        "gone_at": i.gone_at,
                        "down": i.down,
                        "looks": i.looks,
                        "measured": i.measured,
                    }
                    for i in self.items
                ],
            }

    def close(self) -> None:
        """Look no more."""
        with self._lock:
            self._ended = True
            self._lock.notify_all()

    @property
    def items(self) -> list[Item | Open]:
        """Those of every probe."""
        return [item for probe in self._probes for item in probe.items]

    def _run(self) -> None:
        try:
            with self._lock:
                while not self._ended:
                    for probe in self._probes:
                        probe.tick(now())
                    self._lock.notify_all()
                    self._lock.wait(self._fast_s if self._hasty() else _SLOW_S)
        except Exception as error:  # noqa: BLE001  # told as broken evidence, never swallowed
            self._broken = f"the probe broke: {type(error).__name__}: {error}"
        finally:
            for probe in self._probes:
                probe.close()

    def _hasty(self) -> bool:
        """Until the effect stands, and from the heal until it is gone."""
        if self._healed_at is not None:
            return any(item.gone_at is None for item in self.items) and now() - self._healed_at < _HASTE_MAX_S
        return any(not item.settled for item in self.items)

    def _mark(self, mark: Callable[[Item | Open, float], None]) -> None:
        with self._lock:
            at = now()
            for item in self.items:
                mark(item, at)

    def _wait(self, timeout_s: float, seen: Callable[[], bool]) -> None:
        with self._lock:
            self._lock.wait_for(lambda: seen() or self._broken is not None or self._ended, timeout_s)

    def _excuse(self, item: Item | Open) -> str | None:
        return next((probe.excused(item) for probe in self._probes if item in probe.items), None)

    @staticmethod
    def _tell(item: Item | Open, what: str) -> str:
        return f"{item.name}: {what}" + (f" ({item.down})" if item.down else "")
