"""A worker's figures, in the text format that Prometheus reads."""

from __future__ import annotations

from .books import BooksWatch
from .worker import Worker

__all__ = ["figures"]


def figures(worker: Worker, books: BooksWatch) -> str:
    """What is not known has no line: a figure that is made up would keep an alert silent."""
    gauges: dict[str, float] = {
        "settlement_in_flight": worker.in_flight,
        "settlement_ready": int(worker.ready),
    }
    if worker.backlog is not None:
        gauges["settlement_backlog"] = worker.backlog.waiting
        gauges["settlement_backlog_oldest_seconds"] = round(worker.backlog.oldest_s, 3)
        gauges["settlement_parked"] = worker.backlog.parked
    lines = [line for name, value in gauges.items() for line in (f"# TYPE {name} gauge", f"{name} {value}")]
    results = ("settled", "failed", "again", "parked", "unposted")
    lines.append("# TYPE settlement_items_total counter")
    lines += [f'settlement_items_total{{result="{name}"}} {worker.counts[name]}' for name in results]
    lines += books.figures()
    return "\n".join(lines) + "\n"
