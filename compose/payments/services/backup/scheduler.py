"""The loop: look, decide, do one thing, tell how it went."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from . import nodes, pgbackrest, primary
from .schedule import Job, Tries, due
from .settings import Settings
from .state import State

__all__ = ["Scheduler"]

_PAUSE_S = 1.0
_LOOK_EVERY_S = 5.0


class Scheduler:
    """Runs one command at a time, so that no two of them can be in each other's way.

    Attributes:
        state: what is known now; replaced, never changed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stanza_made = False
        self._looked_at = float("-inf")
        self.state = State()

    def run(self) -> None:
        """For as long as the node lives."""
        while True:
            self.step()
            time.sleep(_PAUSE_S)

    def step(self) -> None:
        """Do the most urgent thing that is due, if any is."""
        if not self._stanza_made:
            self._make_stanza()
            return
        if time.monotonic() - self._looked_at >= _LOOK_EVERY_S:
            self._look()
        settings = self._settings
        job = due(time.time(), self.state.held, self.state.tries, settings.every_s, settings.retry_s)
        # Without knowing what is there, only a check is of use: it says what is wrong.
        if job is not None and (self.state.readable or job is Job.CHECK):
            self._do(job)

    def _make_stanza(self) -> None:
        """Until there is a ledger this fails; that is the stack starting, and no news until it has lasted."""
        result = pgbackrest.make_stanza(nodes.running(self._settings.nodes))
        self._stanza_made = result.ok
        if not result.ok:
            _say("stanza", result, "info")

    def _do(self, job: Job) -> None:
        result = pgbackrest.run(job, nodes.running(self._settings.nodes))
        at = time.time()
        before = self.state.tries.get(job, Tries())
        now = Tries(ok_at=at) if result.ok else Tries(before.ok_at, at)
        self.state = replace(
            self.state,
            tries={**self.state.tries, job: now},
            seconds={**self.state.seconds, job: result.seconds},
        )
        _say(job.value, result, "info" if result.ok else "error")
        self._look()

    def _look(self) -> None:
        held = pgbackrest.info()
        self.state = replace(
            self.state,
            held=held or self.state.held,
            readable=held is not None,
            wal_now=primary.wal_now(self._settings),
        )
        self._looked_at = time.monotonic()


def _say(what: str, result: pgbackrest.Result, level: str) -> None:
    line = {"level": level, "job": what, "ok": result.ok, "seconds": round(result.seconds, 3)}
    print(json.dumps(line | ({"words": result.words} if result.words else {})), flush=True)  # noqa: T201  # its log
