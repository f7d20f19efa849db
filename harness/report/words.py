"""Figures as a person reads them."""

from __future__ import annotations

__all__ = ["clock", "count", "milliseconds", "percent", "seconds"]

NOTHING = "\N{EN DASH}"
_NARROW_SPACE = "\u202f"
_SECOND_IN_MS = 1000
_MINUTE_S = 60


def count(number: int) -> str:
    """A whole number, its thousands set apart by a narrow space."""
    return f"{number:,}".replace(",", _NARROW_SPACE)


def seconds(value: float | None, *, digits: int = 1) -> str:
    """``21.3 s``; a dash when nothing was measured."""
    return NOTHING if value is None else f"{value:.{digits}f} s"


def milliseconds(value: float | None) -> str:
    """``7.2 ms``, ``140 ms``, ``12.34 s``; a dash when nothing was measured."""
    if value is None:
        return NOTHING
    if value >= _SECOND_IN_MS:
        return f"{value / 1000:.2f} s"
    return f"{value:.1f} ms" if value < 10 else f"{count(round(value))} ms"  # noqa: PLR2004  # a digit fewer


def percent(part: float, whole: float) -> str:
    """``99.87 %``, cut off at the hundredth: never 100 % when something is missing; a dash of nothing."""
    if not whole:
        return NOTHING
    return f"{int(part / whole * 10_000 + 1e-6) / 100:g} %"


def clock(at_s: float, *, digits: int = 1) -> str:
    """A time relative to the load's start: ``+12.3 s``, ``+2:05.0``, ``-3.4 s``."""
    sign = "-" if at_s < 0 else "+"
    size = round(abs(at_s), digits)
    if size < _MINUTE_S * 2:
        return f"{sign}{size:.{digits}f} s"
    minutes, rest = divmod(size, _MINUTE_S)
    width = 3 + digits if digits else 2
    return f"{sign}{minutes:.0f}:{rest:0{width}.{digits}f}"
