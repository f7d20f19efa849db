"""What time it is in a container, by the word of a process of it that runs since before the fault."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time

from .. import asking
from ..clock import now
from ..clocks import told
from ..containers import Container
from ..processes import Process, identify
from ..refusal import Failed
from .resources import Look

__all__ = ["ClockProbe", "off_s"]

_SAYS_THE_TIME = "while read -r; do echo $EPOCHREALTIME; done"
_ANSWER_WITHIN_S = 0.4
_WITHIN_S = 0.25
_NOTICED_S = 2.0


class _Witness:
    """A shell in the node, with the node's own environment: it notices what the node's services notice.

    A program that is started for each look would see an offset that no running service ever hears of.
    """

    def __init__(self, container: Container) -> None:
        self._process = asking.start(
            container, ["bash", "-c", _SAYS_THE_TIME], {}, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def ask(self) -> tuple[float, float, str]:
        """When it was asked, when it had answered, and what; the answer is empty when there is none."""
        said, begun, deadline = b"", time.time(), now() + _ANSWER_WITHIN_S
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            os.write(self._process.stdin.fileno(), b"\n")
            while not said.endswith(b"\n") and (left_s := deadline - now()) > 0:
                if select.select([self._process.stdout], [], [], left_s)[0]:
                    more = os.read(self._process.stdout.fileno(), 100)
                    if not more:
                        break
                    said += more
        return begun, time.time(), said.decode(errors="replace").strip()

    def close(self) -> None:
        """It ends with its input, and is waited for."""
        asking.end(self._process)


def off_s(asked_at: float, answered_at: float, said: str) -> float | None:
    """How much a clock is ahead of the agent's, by what it said in between; None when it said no time. Pure."""
    try:
        # The decimal sign is the node's own locale's.
        return float(said.replace(",", ".")) - (asked_at + answered_at) / 2
    except ValueError:
        return None


class ClockProbe(Look):
    """The effect: the clock is off by what was asked for, long enough for all processes of the container to notice."""

    what = "has the right time"

    def begin(self, container: Container) -> None:
        """Have the witness there before anything happens."""
        self.item.settle_s = _NOTICED_S
        self._by_s = float(self.watch["by_s"])
        self._told = ""
        self._of = identify(container.pid)
        self._witness: _Witness | None = _Witness(container)

    def look(self, container: Container, at: float) -> None:
        """Look once; no answer is no look, and that goes on is a gap."""
        off = self._ask(container)
        if off is None:
            return
        if abs(off - self._by_s) <= _WITHIN_S:
            self.item.effect(at)
            self.item.measured = f"its clock is off by {off:+.3f} s{self._for_whom(container)}"
        elif abs(off) <= _WITHIN_S or (self.item.settled and self.item.healed_at is None):
            self.item.normal(at)  # also when somebody else set it to a third time: the effect is not there
        else:
            self.item.neither(at)

    def _for_whom(self, container: Container) -> str:
        """Counted once, at the first sight of the effect."""
        if not self._told:
            self._told = "; {} of {} processes have libfaketime".format(*told(container.pid))
        return self._told

    def _ask(self, container: Container) -> float | None:
        first: Process | None = identify(container.pid)
        try:
            if self._witness is None or first != self._of:  # it restarted, and the witness went with it
                self.close()
                self._of, self._witness = first, _Witness(container)
            answer = off_s(*self._witness.ask())
        except (Failed, OSError):
            answer = None
        if answer is None:
            self.close()
        return answer

    def close(self) -> None:
        """No witness stays."""
        if (witness := getattr(self, "_witness", None)) is not None:
            self._witness = None
            witness.close()
