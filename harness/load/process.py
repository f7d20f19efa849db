"""The parent's side of the load process: start it, hear its pulse, stop it in order. Imports no Locust."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Any, Self

from harness.errors import ExperimentError, HarnessError, LoadError
from harness.load.spec import LoadSpec

__all__ = ["LoadProcess", "LoadSpec", "LoadSummary", "Tick"]

_START_BEYOND_S = 20.0
_STOP_BEYOND_S = 10.0
_LOG_SHOWN = 800


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One second of the load.

    Attributes:
        at: when it was taken, seconds of CLOCK_MONOTONIC.
        arrivals, ok, fail, info, dropped: operations in the second before.
        in_flight: operations under way.
        lag_p99_ms: of that second, from the intended time until the first attempt went out; None of nothing.
        window_start: the newest window of one second, by intended time, that is old enough to be judged;
            None when there is none yet.
        judged, good: operations of that window, and those acknowledged in time; ``_writes`` of them writes.
    """

    at: float
    arrivals: int
    ok: int
    fail: int
    info: int
    dropped: int
    in_flight: int
    lag_p99_ms: float | None
    window_start: float | None
    judged: int
    good: int
    judged_writes: int = 0
    good_writes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSummary:
    """The whole load in numbers; operations that were cut off at the end are in none of the outcomes."""

    arrivals: int
    ok: int
    fail: int
    info: int
    dropped: int
    lag_p99_ms: float | None
    cut_off: int


class LoadProcess:
    """One child process that drives the load; leaving the ``with`` block ends it in any case.

    Args:
        spec: what to do.
        on_tick: told of each second, from a thread of its own.
        secrets: variables of its environment, by name; they stand on no command line.

    Attributes:
        started_at: when the first second of the load began, seconds of CLOCK_MONOTONIC; 0 before.
        closed: whether the locustfile is an ordinary one, whose users wait for answers.
    """

    def __init__(
        self,
        spec: LoadSpec,
        on_tick: Callable[[Tick], None] = lambda _tick: None,
        secrets: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._spec = spec
        self._on_tick = on_tick
        self._secrets = secrets
        self._log = spec.history.parent / "load.log"
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._started = threading.Event()
        self._trouble: str | None = None
        self._refused = False
        self._summary: LoadSummary | None = None
        self.started_at = 0.0
        self.closed = False

    def start(self) -> None:
        """Start the process and wait until its set-up is done and the first arrival is due.

        Raises:
            LoadError: it died, was refused something in its set-up, or was not ready by the deadline.
            ExperimentError: the locustfile or the mix is wrong.
        """
        self.spawn()
        within_s = self._spec.set_up_max_s + _START_BEYOND_S
        if not self._started.wait(within_s):
            raise LoadError(
                f"the load was not ready within {within_s:g} s: {_last_words(self._log)}",
                where=str(self._log),
            )
        if not self.started_at:
            raise self._died()

    def spawn(self) -> None:
        """Start the process alone; :meth:`start` does this and waits."""
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C in a terminal must reach the harness alone, which drains in order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "harness.load.child", self._spec.to_json()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**_environment(), **self._secrets},
                text=True,
                start_new_session=True,
            )
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout,), name="load", daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """The process's number, once it was started."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the process lives and has not told of trouble."""
        return self._process is not None and self._process.poll() is None and self._trouble is None

    def check(self) -> None:
        """Raise what ended the load, if it has ended by itself.

        Raises:
            LoadError: it died; what it said last is quoted.
            ExperimentError: it refused what it was asked to do (the locustfile, the mix).
        """
        if not self.alive:
            raise self._died()

    def stop(self, drain_s: float) -> LoadSummary:
        """End the arrivals, let what is under way come back for so long, and end the process.

        Raises:
            LoadError: it was dead already, or did not end in order.
        """
        if self._process is None:
            raise LoadError("the load was not started")
        self._tell(f"stop {drain_s}\n")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(drain_s + _STOP_BEYOND_S)
        if self._reader is not None:
            self._reader.join(_STOP_BEYOND_S)
        if self._summary is None:
            raise self._died()
        return self._summary

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        if self._reader is not None:
            self._reader.join(_STOP_BEYOND_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin if self._process else None
        if pipe is not None:
            with contextlib.suppress(OSError):  # a dead process shows by its missing summary
                pipe.write(line)
                pipe.flush()

    def _read(self, lines: IO[str]) -> None:
        try:
            for line in lines:
                self._take(json.loads(line))
        except Exception as error:  # noqa: BLE001  # a listener's mistake must be seen, not end a thread in silence
            self._trouble = f"what the load says cannot be taken: {type(error).__name__}: {error}"
        finally:
            self._started.set()

    def _take(self, message: Mapping[str, Any]) -> None:
        kind, told = message["t"], {key: value for key, value in message.items() if key != "t"}
        if kind == "started":
            self.started_at = float(told["at"])
            self.closed = bool(told["closed"])
            self._started.set()
        elif kind == "tick":
            self._on_tick(Tick(**told))
        elif kind == "summary":
            self._summary = LoadSummary(**told)
        elif kind == "error":
            self._trouble = str(told["what"])
            self._refused = bool(told["usage"])

    def _died(self) -> HarnessError:
        if self._refused and self._trouble:
            return ExperimentError(self._trouble)
        code = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(1.0)
        what = self._trouble or f"the load process {_ending(code)}: {_last_words(self._log)}"
        return LoadError(what, where=str(self._log))


def _environment() -> dict[str, str]:
    """The process's environment without proxies: the load goes to loopback, and never by way of anything."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "no_proxy": "*"}


def _ending(code: int | None) -> str:
    if code is None:
        return "says nothing any more"
    return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"


def _last_words(log: Path) -> str:
    try:
        text = log.read_text(errors="replace").strip()
    except OSError:
        text = ""
    return text[-_LOG_SHOWN:] or "it said nothing"
