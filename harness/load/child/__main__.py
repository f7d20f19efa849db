"""The load process: ``python -m harness.load.child SPEC``.

It says what happens as JSON lines on its standard output, and ends at once when its standard input does:
then the harness that started it is gone. The one order on standard input is ``stop SECONDS``.
"""

# Locust patches the standard library when it is imported: before anything else.
import locust  # isort: skip  # noqa: F401

import os
import signal
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path

import gevent
from gevent.event import AsyncResult
from gevent.fileobject import FileObjectPosix

from harness.clock import now
from harness.errors import HarnessError, UsageError
from harness.history import HistoryWriter
from harness.load.child.confine import confine
from harness.load.child.locustfile import load_users
from harness.load.child.ordinary import OrdinaryLoad
from harness.load.child.scheduled import ScheduledLoad
from harness.load.child.voice import Voice
from harness.load.spec import LoadSpec

_TICK_S = 1.0
_ORPHANED = 3
_NICE = -10


def main() -> None:
    """Run one load to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _go_first()
    voice = Voice()
    spec = LoadSpec.from_json(sys.argv[1])
    # The locustfile's own imports are found beside it.
    sys.path.insert(0, str(Path(spec.locustfile).resolve().parent))
    confine()
    try:
        _run(spec, voice)
    except HarnessError as error:
        voice.say("error", what=str(error), usage=isinstance(error, UsageError))
        sys.exit(1)
    except OSError as error:
        voice.say("error", what=f"the history cannot be written: {error.strerror}", usage=False)
        sys.exit(1)


def _go_first() -> None:
    """Where that is allowed, run before the stack: a generator that waits for a core measures itself."""
    with suppress(OSError):
        os.nice(_NICE)
    with suppress(OSError):
        # Linux weighs sessions against each other, and this process is the only one of its own.
        Path("/proc/self/autogroup").write_text(str(_NICE))


def _run(spec: LoadSpec, voice: Voice) -> None:
    users = load_users(spec.locustfile)
    with HistoryWriter(spec.history, run=spec.run_id, seed=spec.seed, closed=not users.scheduled) as history:
        load = (ScheduledLoad if users.scheduled else OrdinaryLoad)(spec, users.classes, history)
        orders: AsyncResult[float] = AsyncResult()
        gevent.spawn(_listen, orders)
        if _set_up(load, orders):
            started_at = load.start()
            voice.say("started", at=started_at, closed=not users.scheduled)
            _tick(load, orders, started_at, voice)
        cut_off = load.stop(orders.get())
        load.check()
        history.end(now())
        voice.say("summary", **load.tally.summary(), cut_off=cut_off)


def _set_up(load: "ScheduledLoad | OrdinaryLoad", orders: "AsyncResult[float]") -> bool:
    """Whether the set-up came to its end before the order to stop did."""
    setting_up = gevent.spawn(load.set_up)
    gevent.wait([setting_up, orders], count=1)
    if not setting_up.ready():
        setting_up.kill()
        return False
    setting_up.get()
    return True


def _tick(
    load: "ScheduledLoad | OrdinaryLoad", orders: "AsyncResult[float]", started_at: float, voice: Voice
) -> None:
    """Tell a tick a second, counted from the start so that none drifts, until the order to stop."""
    for number in count(1):
        due = started_at + number * _TICK_S
        while (wait := due - now()) > 0 and not orders.ready():
            orders.wait(timeout=wait)
        if orders.ready():
            return
        load.check()
        voice.say("tick", **load.tally.tick(now()))


def _listen(told: "AsyncResult[float]") -> None:
    """Take ``stop SECONDS`` from standard input; its end means that the harness is gone, to the last."""
    with FileObjectPosix(0, "rb", closefd=False) as pipe:
        for line in pipe:
            word, _, value = line.decode().strip().partition(" ")
            if word == "stop":
                told.set(float(value))
    os._exit(_ORPHANED)


if __name__ == "__main__":
    main()
