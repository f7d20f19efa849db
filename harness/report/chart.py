"""The charts of a report: SVG for one width of the page, so that text stays as large as text.

Four panels share one time axis: who played which role, what was injected and which alert rang; arrivals by what became
of them; the share of good operations; latency. Colours are classes: the page's style sheet knows light
and dark. Nothing here is interactive: a pointer's rest shows a title, and tables hold every number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from harness.report import svg
from harness.report.figures import Bin
from harness.report.marks import AlertMark, FaultMark, Lane, Segment
from harness.report.scale import Scale, linear, linear_ticks, log_ms, log_ms_ticks, time_label, time_ticks
from harness.report.words import clock, milliseconds, percent

__all__ = ["STATES", "Chart", "happenings", "latency", "share", "throughput"]

STATES = ("good", "late", "info", "fail", "dropped")

_LEFT, _RIGHT, _AXIS = 46.0, 10.0, 22.0
_LANE, _LANE_GAP = 15.0, 4.0
_CHARACTER = 6.1  # of the 11 px text, measured on the widest common sans-serif
_TICK_ROOM = 52.0
_MOMENT = 3.0


@dataclass(frozen=True, slots=True)
class Chart:
    """What every panel needs.

    Attributes:
        width: of the drawing, in CSS pixels.
        length_s: of the load.
        phases: name -> start and end, seconds from the load's start.
        faults, alerts, lanes, bins: what to draw.
        good_within_ms, good_ratio_min: the steady state's bounds, drawn as lines.
    """

    width: float
    length_s: float
    phases: Mapping[str, tuple[float, float]]
    faults: tuple[FaultMark, ...]
    alerts: tuple[AlertMark, ...]
    lanes: tuple[Lane, ...]
    bins: tuple[Bin, ...]
    good_within_ms: float
    good_ratio_min: float

    @property
    def left(self) -> float:
        """Room for the labels left of the plot, the same in all panels so that times stand in line."""
        longest = max((len(lane.node) for lane in self.lanes), default=0)
        return max(_LEFT, min(longest * _CHARACTER + 10, self.width * 0.25))

    @property
    def x(self) -> Scale:
        """Seconds to pixels."""
        return linear(0.0, max(self.length_s, 1e-9), self.left, self.width - _RIGHT)


def happenings(chart: Chart) -> str:
    """Phases, faults, alerts and roles, a lane each."""
    rows: list[str] = []
    y = _LANE + _LANE_GAP
    for fault in chart.faults:
        rows.append(_fault(chart, fault, y))
        y += _LANE + _LANE_GAP
    for alert in chart.alerts:
        rows.append(_alert(chart, alert, y))
        y += _LANE + _LANE_GAP
    for lane in chart.lanes:
        rows.append(_lane(chart, lane, y))
        y += _LANE + _LANE_GAP
    names = (_phase_name(chart, name, span) for name, span in chart.phases.items())
    label = "Phases, injected faults, alerts and the role of each node over time"
    # The bars say when a fault was; a mark across their words would only strike them through.
    return _panel(chart, y - _LANE_GAP, (*names, *rows), label, marks_on_top=False)


def throughput(chart: Chart) -> str:
    """Arrivals a second, stacked by what became of them."""
    rate = [sum(getattr(one, name) for name in STATES) / one.length_s for one in chart.bins]
    ticks = linear_ticks(max(rate, default=1.0))
    height = 168.0
    y = linear(0.0, ticks[-1], height, 10.0)
    floor = [0.0] * len(chart.bins)
    layers = []
    for state in STATES:
        tops = [
            base + getattr(one, state) / one.length_s for base, one in zip(floor, chart.bins, strict=True)
        ]
        layers.append(svg.bars(_boxes(chart, floor, tops, y), f"s-{state}"))
        floor = tops
    inside = (*_grid(chart, y, ticks, "{:g}".format), *layers, *_hovers(chart, height))
    return _panel(chart, height, inside, "Operations a second by their intended time, stacked by outcome")


def share(chart: Chart) -> str:
    """Good operations as a share of all, writes and reads apart, with the steady state's bound."""
    height = 104.0
    y = linear(0.0, 1.0, height, 10.0)
    inside = (
        *_grid(chart, y, (0.0, 0.5, 1.0), lambda value: f"{value * 100:.0f} %"),
        svg.line(chart.left, y(chart.good_ratio_min), chart.width - _RIGHT, y(chart.good_ratio_min), "bound"),
        svg.polyline(_points(chart, y, lambda one: _ratio(one.reads_good, one.reads)), "l-reads"),
        svg.polyline(_points(chart, y, lambda one: _ratio(one.writes_good, one.writes)), "l-writes"),
        *_hovers(chart, height),
    )
    return _panel(chart, height, inside, "Share of good operations, writes and reads")


def latency(chart: Chart) -> str:
    """Latency from the intended time of what was acknowledged: median and 99th percentile, logarithmic."""
    seen = [value for one in chart.bins for value in (one.p50_ms, one.p99_ms) if value is not None]
    ticks = log_ms_ticks(min(seen, default=1.0), max([*seen, chart.good_within_ms]))
    height = 140.0
    y = log_ms(ticks[0], ticks[-1], height, 10.0)
    inside = (
        *_grid(chart, y, ticks, _short_ms),
        svg.line(chart.left, y(chart.good_within_ms), chart.width - _RIGHT, y(chart.good_within_ms), "bound"),
        svg.polyline(_points(chart, y, lambda one: one.p99_ms), "l-p99"),
        svg.polyline(_points(chart, y, lambda one: one.p50_ms), "l-p50"),
        *_hovers(chart, height),
    )
    return _panel(chart, height, inside, "Latency from the intended time: median and 99th percentile")


def _panel(
    chart: Chart, height: float, inside: Iterable[str], label: str, *, marks_on_top: bool = True
) -> str:
    """The shaded phases, what stands on them, the marks of the faults and the time axis."""
    shades = (
        svg.rect(chart.x(start), 0, chart.x(end) - chart.x(start), height, f"phase phase-{name}")
        for name, (start, end) in chart.phases.items()
    )
    marks = (
        svg.line(chart.x(at), 0, chart.x(at), height, class_)
        for fault in chart.faults
        for at, class_ in ((fault.effect_s, "m-effect"), (fault.heal_s, "m-heal"), (fault.gone_s, "m-gone"))
        if at is not None
    )
    total = height + _AXIS
    view = f"0 0 {svg.number(chart.width)} {svg.number(total)}"
    layers = (*inside, *marks) if marks_on_top else (*marks, *inside)
    content = (*shades, *layers, *_time_axis(chart, height))
    return svg.tag(
        "svg", *content, viewBox=view, role="img", aria_label=label, width=chart.width, height=total
    )


def _time_axis(chart: Chart, y: float) -> Iterable[str]:
    yield svg.line(chart.left, y, chart.width - _RIGHT, y, "axis")
    most = max(2, int((chart.width - chart.left) // _TICK_ROOM))
    for at in time_ticks(chart.length_s, most):
        x = chart.x(at)
        yield svg.line(x, y, x, y + 4, "axis")
        label = time_label(at, chart.length_s)
        # A label at the right edge would be cut off by it.
        half = len(label) * _CHARACTER / 2
        yield svg.text(min(x, chart.width - half - 1), y + 16, label, "tick", text_anchor="middle")


def _grid(chart: Chart, y: Scale, ticks: Iterable[float], label: Callable[[float], str]) -> Iterable[str]:
    for value in ticks:
        yield svg.line(chart.left, y(value), chart.width - _RIGHT, y(value), "grid")
        yield svg.text(chart.left - 6, y(value) + 4, label(value), "tick", text_anchor="end")


def _boxes(
    chart: Chart, floors: list[float], tops: list[float], y: Scale
) -> Iterable[tuple[float, float, float, float]]:
    for one, floor, top in zip(chart.bins, floors, tops, strict=True):
        x = chart.x(one.start_s)
        wide = chart.x(one.start_s + one.length_s) - x
        # A hair between bars, where there is room for one.
        yield x, y(top), wide - (1.0 if wide > 4 else 0.0), y(floor) - y(top)  # noqa: PLR2004  # pixels


def _points(
    chart: Chart, y: Scale, value_of: Callable[[Bin], float | None]
) -> list[tuple[float, float] | None]:
    found: list[tuple[float, float] | None] = []
    for one in chart.bins:
        value = value_of(one)
        found.append(None if value is None else (chart.x(one.start_s + one.length_s / 2), y(value)))
    return found


def _hovers(chart: Chart, height: float) -> Iterable[str]:
    for one in chart.bins:
        x = chart.x(one.start_s)
        parts = [f"{getattr(one, state)} {state}" for state in STATES if getattr(one, state)]
        words = f"{clock(one.start_s, digits=0)}: {', '.join(parts) or 'no arrivals'}"
        words += f"; good {percent(one.good, one.arrivals)}"
        words += f"; p50 {milliseconds(one.p50_ms)}, p99 {milliseconds(one.p99_ms)}"
        yield svg.rect(x, 0, chart.x(one.start_s + one.length_s) - x, height, "hover", told=words)


def _phase_name(chart: Chart, name: str, span: tuple[float, float]) -> str:
    start, end = chart.x(span[0]), chart.x(span[1])
    if end - start < len(name) * _CHARACTER + 12:
        return ""
    return svg.text((start + end) / 2, 12, name, "phase-name", text_anchor="middle")


def _fault(chart: Chart, fault: FaultMark, y: float) -> str:
    """The span from the effect to its end; a moment is a narrow bar; never in effect: words."""
    effect = 0.0 if fault.effect_s is None else fault.effect_s
    end = fault.gone_s if fault.gone_s is not None else chart.length_s
    x = chart.x(effect)
    wide = max(3.0, chart.x(end) - x) if fault.effect_s is not None else 0.0
    label = fault.label if fault.effect_s is not None else f"{fault.label}: not seen in effect"
    evidence = "evidence without a gap" if fault.evidence == "pass" else f"evidence: {fault.why}"
    told = f"{fault.label}: {evidence}"
    box = svg.rect(x, y, wide, _LANE, f"fault fault-{fault.evidence}", told=told) if wide else ""
    name = svg.text(chart.left - 6, y + 11.5, _cut(fault.id, chart.left - 8), "tick", text_anchor="end")
    return name + box + _label(chart, x, wide, y, label)


def _alert(chart: Chart, alert: AlertMark, y: float) -> str:
    """A bar for each stretch of firing; the name inside the longest, beside them or between two of them."""
    kind = "page" if alert.severity == "page" else "warn"
    boxes = [_box(chart, start, chart.length_s if end is None else end) for start, end in alert.spans]
    bars = [
        svg.rect(x, y, wide, _LANE, f"alert-{kind}", told=_told(alert, *span))
        for (x, wide), span in zip(boxes, alert.spans, strict=True)
    ]
    places = list(_places(chart, boxes, f"on-{kind}"))
    fitting = [place for place in places if len(alert.name) * _CHARACTER + 8 <= place.room]
    place = fitting[0] if fitting else max(places, key=lambda one: one.room)
    said = _cut(alert.name, place.room - 8)
    words = svg.text(place.x, y + 11.5, said, place.class_, text_anchor=place.anchor)
    name = svg.text(chart.left - 6, y + 11.5, _cut("alert", chart.left - 8), "tick", text_anchor="end")
    return name + "".join(bars) + words


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a name could stand: so many pixels wide, and written from ``x`` on or up to it."""

    room: float
    x: float
    class_: str = "beside"
    anchor: str = "start"


def _places(chart: Chart, boxes: list[tuple[float, float]], inside: str) -> Iterable[_Place]:
    """In the longest bar, then right of them all, left of them all, and between two of them."""
    x, wide = max(boxes, key=lambda box: box[1])
    yield _Place(wide, x + 5, inside)
    ends = [x + wide for x, wide in boxes]
    yield _Place(chart.width - _RIGHT - ends[-1], ends[-1] + 5)
    yield _Place(boxes[0][0] - chart.left, boxes[0][0] - 5, anchor="end")
    for end, (x, _) in zip(ends, boxes[1:], strict=False):
        yield _Place(x - end, end + 5)


def _box(chart: Chart, start_s: float, end_s: float) -> tuple[float, float]:
    """Where a bar begins and how wide it is: a moment is a narrow one, also at the right edge."""
    x = min(chart.x(start_s), chart.width - _RIGHT - _MOMENT)
    return x, max(_MOMENT, chart.x(end_s) - x)


def _told(alert: AlertMark, start_s: float, end_s: float | None) -> str:
    ended = "not resolved" if end_s is None else f"resolved at {clock(end_s)}"
    severity = f" ({alert.severity})" if alert.severity else ""
    return f"{alert.name}{severity}: firing at {clock(start_s)}, {ended}"


def _label(chart: Chart, x: float, wide: float, y: float, words: str) -> str:
    """Words inside their bar, else right of it, else left of it: wherever they fit, cut if nowhere."""
    need = len(words) * _CHARACTER + 8
    edge = chart.width - _RIGHT
    if need <= wide:
        return svg.text(x + 6, y + 11.5, words, "inside")
    if x + wide + need <= edge:
        return svg.text(x + wide + 5, y + 11.5, words, "beside")
    if x - need >= chart.left:
        return svg.text(x - 5, y + 11.5, words, "beside", text_anchor="end")
    return svg.text(x + wide + 5, y + 11.5, _cut(words, edge - x - wide - 5), "beside")


def _lane(chart: Chart, lane: Lane, y: float) -> str:
    name = svg.text(chart.left - 6, y + 11.5, _cut(lane.node, chart.left - 8), "tick", text_anchor="end")
    segments = "".join(_segment(chart, lane.node, segment, y) for segment in lane.segments)
    ticks = "".join(
        svg.tag(
            "path",
            svg.title(f"{lane.node}: {tick.action} at {clock(tick.at_s)}"),
            d=f"M{svg.number(chart.x(tick.at_s))} {svg.number(y + _LANE)}l-3.5 5h7z",
            class_="engine",
        )
        for tick in lane.ticks
    )
    return name + segments + ticks


def _segment(chart: Chart, node: str, segment: Segment, y: float) -> str:
    x = chart.x(segment.start_s)
    wide = chart.x(segment.end_s) - x
    role = segment.role or "no answer"
    words = f"{node}: {role} from {clock(segment.start_s)} to {clock(segment.end_s)}"
    box = svg.rect(x, y, max(wide - 0.5, 0.5), _LANE, f"role {role_class(segment.role)}", told=words)
    fits = len(role) * _CHARACTER + 8 <= wide
    return box + (svg.text(x + 5, y + 11.5, role, f"on-{role_class(segment.role)}") if fits else "")


def role_class(role: str | None) -> str:
    """The style of a role: the one that matters, the one that stands by, the others, none."""
    if role is None:
        return "role-none"
    if role in {"primary", "leader", "master"}:
        return "role-first"
    return "role-second" if "sync" in role and "async" not in role else "role-other"


def _cut(words: str, room: float) -> str:
    most = max(1, int(room / _CHARACTER))
    return words if len(words) <= most else words[: most - 1] + "…"


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _short_ms(value: float) -> str:
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"  # noqa: PLR2004  # milliseconds in a second
