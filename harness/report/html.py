"""``report.html``: one file, no script, nothing loaded from anywhere."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.report import chart
from harness.report.view import View
from harness.report.words import clock, count, milliseconds, percent

__all__ = ["html"]

# The page shows the one that fits it: scaled text would be too small on a phone.
_WIDTHS = {"wide": 1064.0, "narrow": 352.0}
_PANELS = {
    "happenings": chart.happenings,
    "throughput": chart.throughput,
    "share": chart.share,
    "latency": chart.latency,
}


def html(view: View) -> str:
    """The page. Everything from the run is escaped by the template engine or by :mod:`harness.report.svg`."""
    return (
        _environment().get_template("page.html").render(view=view, panels=_panels(view), states=chart.STATES)
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": clock, "count": count, "ms": milliseconds}
    environment.globals["percent"] = percent
    return environment


def _panels(view: View) -> dict[str, dict[str, Markup]]:
    """Panel -> width -> drawing; none without a load."""
    if not view.length_s:
        return {}
    return {
        name: {size: Markup(draw(_chart(view, width))) for size, width in _WIDTHS.items()}  # noqa: S704  # escaped there
        for name, draw in _PANELS.items()
    }


def _chart(view: View, width: float) -> chart.Chart:
    return chart.Chart(
        width=width,
        length_s=view.length_s,
        phases=view.phases,
        faults=view.faults,
        alerts=view.alerts,
        lanes=view.lanes,
        bins=view.bins,
        good_within_ms=view.steady.good_within_ms,
        good_ratio_min=view.steady.good_ratio_min,
    )
