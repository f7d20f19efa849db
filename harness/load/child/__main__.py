"""The load process: ``python -m harness.load.child SPEC``.

It says what happens as JSON lines on its standard output, and ends at once when its standard input does:
then the harness that started it is gone.
"""

# Locust patches the standard library when it is imported: before anything else.
import locust  # isort: skip  # noqa: F401

import json
import os
import signal
import sys
from pathlib import Path

import gevent
from gevent.fileobject import FileObjectPosix

from harness.clock import now
from harness.errors import HarnessError
from harness.history import HistoryWriter
from harness.load.child.locustfile import load_users
from harness.load.child.ordinary import OrdinaryLoad
from harness.load.child.scheduled import ScheduledLoad
from harness.load.spec import LoadSpec

_TICK_S = 1.0


def main() -> None:
    """Run one load to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    spec = LoadSpec.from_json(sys.argv[1])
    try:
        _run(spec)
    except HarnessError as error:
        _say("error", what=str(error))
        sys.exit(1)


def _run(spec: LoadSpec) -> None:
    users = load_users(spec.locustfile)
    with HistoryWriter(spec.history, run=spec.run_id, seed=spec.seed, closed=not users.scheduled) as history:
        load = (ScheduledLoad if users.scheduled else OrdinaryLoad)(spec, users.classes, history)
        orders = gevent.spawn(_orders)
        load.set_up()
        _say("started", at=load.start())
        drain_s = _tick_until(orders, load)
        cut_off = load.stop(drain_s)
        history.end(now())
        _say("summary", **load.tally.summary(), cut_off=cut_off)


def _tick_until(orders: "gevent.Greenlet", load: "ScheduledLoad | OrdinaryLoad") -> float:
    """Tell a tick a second until the order to stop comes; how long to drain then."""
    while not orders.ready():
        orders.join(timeout=_TICK_S)
        if not orders.ready():
            load.check()
            _say("tick", **load.tally.tick(now()))
    return float(orders.get())


def _orders() -> float:
    """Wait for ``stop SECONDS`` on standard input; its end means that the harness is gone."""
    with FileObjectPosix(0, "rb", closefd=False) as pipe:
        for line in pipe:
            word, _, value = line.decode().strip().partition(" ")
            if word == "stop":
                return float(value)
    os._exit(3)


def _say(kind: str, **keys: object) -> None:
    os.write(1, (json.dumps({"t": kind, **keys}) + "\n").encode())


if __name__ == "__main__":
    # The current folder is not the locustfile's: its own imports are found beside it.
    sys.path.insert(0, str(Path(LoadSpec.from_json(sys.argv[1]).locustfile).parent))
    main()
