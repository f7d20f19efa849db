"""The few numbers that stand large at the top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.report.figures import PhaseRow
from harness.report.words import NOTHING, count, milliseconds, percent, seconds
from harness.run_folder import Result

__all__ = ["Tile", "tiles"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One number: what it is, its value, and how to read it."""

    label: str
    value: str
    note: str


def tiles(result: Result | None, load: PhaseRow | None) -> tuple[Tile, ...]:
    """Outage, loss and doubles as the checks measured them; what the load saw as the history has it."""
    numbers: Mapping[str, Any] = result.measurements.model_dump() if result else {}
    return (*(_outage(numbers, kind) for kind in ("writes", "reads")), *_harm(numbers), *_load(load))


def _outage(numbers: Mapping[str, Any], kind: str) -> Tile:
    infix = "" if kind == "writes" else "_reads"
    resolution = numbers.get(f"rto{infix}_resolution_s")
    value = numbers.get(f"rto{infix}_s")
    note = "not measured" if resolution is None else f"resolution {seconds(resolution, digits=2)}"
    if value is None and numbers.get(f"broken_windows{infix}"):
        return Tile(f"RTO, {kind}", "not back", "broken to the end of the recovery")
    return Tile(f"RTO, {kind}", seconds(value), note)


def _harm(numbers: Mapping[str, Any]) -> tuple[Tile, Tile]:
    lost, back_s = numbers.get("rpo_payments"), numbers.get("rpo_s")
    if lost is None:
        note = "not measured"
    elif back_s is None:
        note = "RPO in seconds not known"
    else:
        note = f"RPO {seconds(back_s, digits=2)}"
    doubled, again = numbers.get("duplicated_payments"), numbers.get("retried_payments")
    return (
        Tile("Acknowledged and lost", NOTHING if lost is None else count(lost), note),
        Tile(
            "Duplicated",
            NOTHING if doubled is None else count(doubled),
            "not measured" if doubled is None or again is None else f"{count(again)} keys sent again",
        ),
    )


def _load(load: PhaseRow | None) -> tuple[Tile, ...]:
    if load is None:
        return (Tile("Operations", NOTHING, "no history"),)
    acknowledged = load.good + load.late
    rest = f"{count(load.info)} info, {count(load.fail)} fail, {count(load.dropped)} dropped"
    return (
        Tile("Good writes", percent(load.writes_good, load.writes), f"of {count(load.writes)}, whole run"),
        Tile("Good reads", percent(load.reads_good, load.reads), f"of {count(load.reads)}, whole run"),
        Tile("Acknowledged", count(acknowledged), f"of {count(load.arrivals)}; {rest}"),
        Tile(
            "Latency p50 / p99",
            f"{milliseconds(load.p50_ms)} / {milliseconds(load.p99_ms)}",
            "from intended time",
        ),
    )
