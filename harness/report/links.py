"""What the proxy of interposed links cost before the fault, and what the probe's exchanges took under it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.report.words import NOTHING, count, milliseconds
from harness.timeline import Timeline

__all__ = ["HopRow", "hops", "load_words"]


@dataclass(frozen=True, slots=True)
class HopRow:
    """One interposed hop.

    Attributes:
        hop: source and target.
        direct, through: an exchange past the proxy and through it, in the baseline, ready to print.
        overhead: the difference, which is in every figure of this run.
        harmed: what each fault did to an exchange, in words.
    """

    hop: str
    direct: str
    through: str
    overhead: str
    harmed: str


def hops(timeline: Timeline) -> tuple[HopRow, ...]:
    """A row for each hop that was interposed; none when none was."""
    return tuple(
        HopRow(
            str(one["hop"]),
            milliseconds(one.get("direct_ms")),
            milliseconds(one.get("through_ms")),
            _difference(one.get("direct_ms"), one.get("through_ms")),
            "; ".join(_harmed(timeline, str(one["hop"]))) or NOTHING,
        )
        for event in timeline.of("overhead")
        for one in event.get("hops", ())
    )


def load_words(timeline: Timeline) -> tuple[str, ...]:
    """What of the load passed the proxy during each fault: a sentence each."""
    return tuple(
        f"{event['injection']}: the load sent {_bytes(one['load_sent_bytes'])} to the proxy and received"
        f" {_bytes(one['load_received_bytes'])} through it while the fault was on."
        for event in timeline.of("evidence")
        for one in event.get("measured", ())
        if "load_sent_bytes" in one
    )


def _harmed(timeline: Timeline, hop: str) -> Iterator[str]:
    for event in timeline.of("evidence"):
        for one in event.get("measured", ()):
            if one.get("hop") == hop:
                yield f"{event['injection']}: {_words(one)}"


def _words(one: Mapping[str, Any]) -> str:
    said = [f"{milliseconds(one.get('before_ms'))} before"]
    said += [f"{milliseconds(one['during_ms'])} during"] if one.get("during_ms") is not None else []
    said += [f"{count(one[kind])} {kind}" for kind in ("resets", "refused") if one.get(kind)]
    return f"{', '.join(said)}; {count(one.get('shown') or 0)} exchanges showed it"


def _difference(direct_ms: float | None, through_ms: float | None) -> str:
    if direct_ms is None or through_ms is None:
        return NOTHING
    return milliseconds(max(0.0, through_ms - direct_ms))


def _bytes(number: int | None) -> str:
    return NOTHING if number is None else f"{count(number)} bytes"
