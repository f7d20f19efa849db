"""A run as it happens, on a terminal (live) or in a log (one line every few seconds, no colour)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.clock import now
from harness.experiment import Experiment
from harness.load.process import Tick
from harness.runner import Listener

__all__ = ["RunView"]

_LOG_EVERY_TICKS = 5
_SHOWN = {"phase", "in_effect", "no_effect", "heal", "gone", "not_gone", "role", "steady", "recovered",
          "not_recovered", "error", "engine", "alert"}  # fmt: skip
_STYLE = {"in_effect": "bold red", "no_effect": "yellow", "gone": "green", "recovered": "green",
          "not_recovered": "bold red", "error": "bold red", "phase": "bold", "not_gone": "bold red"}  # fmt: skip


@dataclass
class RunView:
    """Shows phase, arrivals, outcomes a second, roles and what is injected.

    Attributes:
        console: where it is shown; a terminal gets a live view.
        experiment: what is run.
    """

    console: Console
    experiment: Experiment
    _phase: str = field(default="prepare", init=False)
    _start: float | None = field(default=None, init=False)
    _tick: Tick | None = field(default=None, init=False)
    _ticks: int = field(default=0, init=False)
    _roles: dict[str, str | None] = field(default_factory=dict, init=False)
    _faults: dict[str, str] = field(default_factory=dict, init=False)
    _injected: dict[str, str] = field(default_factory=dict, init=False)
    _recent: deque[Text] = field(default_factory=lambda: deque(maxlen=8), init=False)
    _live: Live | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(
                get_renderable=self._picture, console=self.console, refresh_per_second=4, transient=True
            )
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.__exit__(kind, error, trace)

    @property
    def listener(self) -> Listener:
        """What the runner tells."""
        return Listener(event=self._on_event, tick=self._on_tick)

    def _on_event(self, event: Mapping[str, Any]) -> None:
        self._take(event)
        if event["kind"] in _SHOWN:
            line = Text(
                f"{self._clock(float(event['at']))}  {_words(event, self._faults)}",
                style=_STYLE.get(event["kind"], ""),
            )
            self._recent.append(line)
            self._log(line)

    def _take(self, event: Mapping[str, Any]) -> None:
        kind, injection = event["kind"], event.get("injection", "")
        if kind == "phase":
            self._phase = event["phase"]
            self._start = float(event["at"]) if self._phase == "baseline" else self._start
        elif kind == "role":
            self._roles[event["node"]] = event["role"]
        elif kind == "resolve":
            self._faults[injection] = f"{event['fault']} {', '.join(event['nodes'])}"
        elif kind == "in_effect":
            self._injected[injection] = self._faults.get(injection, injection)
        elif kind == "gone":
            self._injected.pop(injection, None)

    def _on_tick(self, tick: Tick) -> None:
        self._tick = tick
        self._ticks += 1
        if self._ticks % _LOG_EVERY_TICKS == 0:
            self._log(Text(f"{self._clock(tick.at)}  {self._counts()}  {self._who()}  {self._what()}"))

    def _log(self, line: Text) -> None:
        """Print one line into a log, as it is: a log has no width, and who greps it needs whole lines."""
        if not self._live:
            self.console.print(line, soft_wrap=True)

    def _clock(self, at: float) -> str:
        return f"{at - self._start:7.1f} s" if self._start else "        -"

    def _counts(self) -> str:
        tick = self._tick
        if tick is None:
            return "no arrivals yet"
        return (
            f"{tick.arrivals} arrivals/s: {tick.ok} ok, {tick.fail} fail, {tick.info} info, "
            f"{tick.dropped} dropped, {tick.in_flight} in flight"
        )

    def _who(self) -> str:
        ruling = [
            f"{node} {role}" for node, role in sorted(self._roles.items()) if role in ("primary", "leader")
        ]
        return "roles: " + (", ".join(ruling) or "no primary")

    def _what(self) -> str:
        return "injected: " + ("; ".join(self._injected.values()) or "nothing")

    def _picture(self) -> Group:
        head = Table.grid(padding=(0, 2))
        head.add_row("phase", Text(f"{self._phase}  {self._clock(now()).strip()}", style="bold"))
        head.add_row("load", self._counts())
        head.add_row("roles", ", ".join(f"{n} {r or '?'}" for n, r in sorted(self._roles.items())))
        head.add_row(
            "injected",
            Text(self._what().removeprefix("injected: "), style="bold red" if self._injected else ""),
        )
        return Group(Text(self.experiment.name, style="bold underline"), head, Text(), *self._recent)


def _words(event: Mapping[str, Any], faults: Mapping[str, str]) -> str:  # noqa: C901, PLR0911  # one a kind
    fault = faults.get(event.get("injection", ""), "")
    match event["kind"]:
        case "phase":
            return f"phase {event['phase']}"
        case "in_effect":
            return f"in effect: {fault}"
        case "heal":
            return f"healing: {fault}"
        case "gone":
            return f"gone: {fault}"
        case "no_effect" | "not_gone" as kind:
            return f"{kind.replace('_', ' ')}: {fault}: {event.get('why', '')}"
        case "role":
            return f"{event['node']} is {event['role'] or 'silent'}"
        case "alert":
            return f"alert {event['alert']} {event['state']}"
        case "engine":
            return f"engine: {event['node']} {event['action']}"
        case "steady":
            return f"steady state {'holds' if event['held'] else 'DOES NOT HOLD'}: {event['detail']}"
        case "recovered":
            return f"recovered: steady for {event['sustained_s']:g} s and whole"
        case kind:
            return f"{kind.replace('_', ' ')}: {event.get('why') or event.get('what', '')}"
