"""Healed: nothing of the faults is left."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.base import Recording
from harness.checks.conclusion import conclude
from harness.checks.wording import count
from harness.timeline import InjectionRecord, Timeline
from harness.verdict import Finding

__all__ = ["Healed"]


@dataclass(frozen=True, slots=True)
class Healed:
    """Every fault is gone, was seen to be gone, and left nothing behind.

    Proof obligations:

    1. After the last heal somebody looked at the system itself, and found nothing (the timeline's last
       ``left_behind`` is there and empty).
    2. The effect of each injection was seen to be gone. One that was looked for after the heal and still seen is
       a fail; one that nobody looked for any more (the run broke off) is inconclusive.
    3. The evidence of each injection is whole: seen before, during and after, without a gap. A gap shows
       neither that it stayed nor that it went: inconclusive.
    4. Nobody looked: inconclusive. A run without injections is judged by the look alone.
    """

    @property
    def needs(self) -> frozenset[str]:
        """Nothing of the final reads: the timeline decides."""
        return frozenset()

    def judge(self, recording: Recording) -> Finding:
        """Judge one run."""
        injections, left = recording.timeline.injections, _left_behind(recording.timeline)
        present = _still_in_effect(recording.timeline)
        gone = [record for record in injections if record.gone_at is not None]
        return conclude(
            self,
            violated=bool(left or present),
            blind=_blind(injections, left),
            measured=f"{count(len(gone))} of {count(len(injections))} injections gone, "
            + ("nobody looked for leftovers" if left is None else f"{count(len(left))} left behind"),
            bound="all gone, nothing left behind",
            examples=[
                *(
                    {
                        "what": "still in effect",
                        "injection": record.id,
                        "fault": record.fault,
                        "nodes": ", ".join(record.nodes),
                        "why": record.why,
                    }
                    for record in present
                ),
                *({"what": "left behind", "item": str(item)} for item in left or ()),
            ],
            numbers={"left_behind": None if left is None else len(left)},
        )


def _still_in_effect(timeline: Timeline) -> list[InjectionRecord]:
    """Those that were looked for after their heal, and never seen gone."""
    stayed = {event["injection"] for event in timeline.of("not_gone")}
    return [record for record in timeline.injections if record.id in stayed and record.gone_at is None]


def _left_behind(timeline: Timeline) -> list[object] | None:
    """What the last look found; None when nobody looked."""
    looks = [list(event["items"]) for event in timeline.of("left_behind")]
    return looks[-1] if looks else None


def _blind(injections: tuple[InjectionRecord, ...], left: list[object] | None) -> str:
    gaps = [f"{record.id} {record.fault}: {record.why}" for record in injections if record.evidence != "pass"]
    if gaps:
        return f"The evidence is not whole ({'; '.join(gaps)})."
    if left is None:
        return "Nobody looked for leftovers, so there is nothing to judge."
    return ""
