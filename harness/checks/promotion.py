"""When another node took over as primary, and which injection had destroyed the data by then."""

from __future__ import annotations

from harness.timeline import Timeline

__all__ = ["destroyed_at", "promotions"]


def promotions(timeline: Timeline) -> list[float]:
    """The times at which a node other than the last known primary became primary."""
    holder: str | None = None
    times = []
    for event in timeline.of("role"):
        if event["role"] != "primary":
            continue
        taken_over = holder is not None or event.get("before") is not None
        if taken_over and event["node"] != holder:
            times.append(float(event["at"]))
        holder = event["node"]
    return times


def destroyed_at(timeline: Timeline, oldest_lost_at: float) -> float | None:
    """When the injection took effect that destroyed what was acknowledged at ``oldest_lost_at``.

    That is the last destroying injection before the promotion that followed the acknowledgement; without a
    promotion, the last one at all. None when there is none, or when it took effect before the
    acknowledgement: then it is not what destroyed it.
    """
    promoted_at = next((at for at in promotions(timeline) if at > oldest_lost_at), float("inf"))
    effects = [
        record.effect_at for record in timeline.injections if record.destroys and record.effect_at is not None
    ]
    last = max((at for at in effects if at <= promoted_at), default=None)
    return last if last is not None and last >= oldest_lost_at else None
