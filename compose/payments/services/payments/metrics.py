"""The service's own figures, in the text format that Prometheus reads."""

from __future__ import annotations

from collections import Counter

__all__ = ["Metrics"]

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)


class Metrics:
    """Counts requests; one event loop uses it, so nothing needs a lock.

    Args:
        service: what the figures' names begin with.

    Attributes:
        in_flight: requests of the API that have come and were not answered yet.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self.in_flight = 0
        self._answers: Counter[tuple[str, int]] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0

    def answered(self, route: str, status: int, outcome: str, seconds: float) -> None:
        """Count one answer, given after so many seconds."""
        self._answers[route, status] += 1
        self._outcomes[outcome] += 1
        self._seconds += seconds
        for bound in _BUCKETS_S:
            if seconds <= bound:
                self._buckets[bound] += 1

    def render(self, gauges: dict[str, int]) -> str:
        """The whole text; ``gauges`` are further figures that are read now."""
        count, service = self._answers.total(), self._service
        lines: list[str] = []
        for name, value in {"requests_in_flight": self.in_flight, **gauges}.items():
            lines += [f"# TYPE {service}_{name} gauge", f"{service}_{name} {value}"]
        lines.append(f"# TYPE {service}_requests_total counter")
        for (route, status), number in sorted(self._answers.items()):
            lines.append(f'{service}_requests_total{{route="{route}",status="{status}"}} {number}')
        lines.append(f"# TYPE {service}_outcomes_total counter")
        for outcome, number in sorted(self._outcomes.items()):
            lines.append(f'{service}_outcomes_total{{outcome="{outcome}"}} {number}')
        lines.append(f"# TYPE {service}_request_seconds histogram")
        for bound in _BUCKETS_S:
            lines.append(f'{service}_request_seconds_bucket{{le="{bound}"}} {self._buckets[bound]}')
        lines.append(f'{service}_request_seconds_bucket{{le="+Inf"}} {count}')
        lines.append(f"{service}_request_seconds_sum {self._seconds:.6f}")
        lines.append(f"{service}_request_seconds_count {count}")
        return "\n".join(lines) + "\n"
