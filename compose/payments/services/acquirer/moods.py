"""How the acquirer behaves: the harness sets it, over a port that only the acquirer's own container can reach."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MODES", "Mood", "parse"]

MODES = {
    "normal": "answers",
    "slow": "answers after a delay",
    "refuse": "refuses what it has not seen before, and remembers that",
    "accept-and-never-answer": "accepts, and keeps the connection without a word",
    "answer-lost": "accepts, and closes the connection without a word",
}
_DELAY_MAX_MS = 60_000


@dataclass(frozen=True, slots=True)
class Mood:
    """One of :data:`MODES`; ``delay_ms`` is what slow waits."""

    mode: str = "normal"
    delay_ms: int = 0


def parse(fields: object) -> Mood:
    """Read ``{"mode", "delay_ms"?}``.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(fields, dict) or fields.keys() - {"mode", "delay_ms"}:
        raise ValueError("send mode, and delay_ms for slow")
    mode, delay_ms = fields.get("mode"), fields.get("delay_ms", 0)
    if mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}")
    if type(delay_ms) is not int or not 0 <= delay_ms <= _DELAY_MAX_MS or (delay_ms > 0) != (mode == "slow"):
        raise ValueError(f"delay_ms is for slow: from 1 to {_DELAY_MAX_MS}")
    return Mood(mode, delay_ms)
