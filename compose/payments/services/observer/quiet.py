"""Quiet: nothing is under way any more that could still change the books.

The steps, and why they are in this order:

1. The load has stopped before the observer is started, so no new request comes.
2. No payments node has a request in flight. A node that is not running has none; one that runs and does not
   answer (paused, cut off) may have one, so it is not quiet.
3. Exactly one node accepts writes, and no session of the service on it has a transaction open: what a
   payments node gave up may still wait there for its replica.
"""

from __future__ import annotations

import re
import time

from .errors import Incomplete
from .nodes import connect, the_primary
from .settings import Settings
from .web import NoAnswer, NobodyThere, get

__all__ = ["wait_for_quiet"]

_PAUSE_S = 0.1
_OPEN = """SELECT count(*) FROM pg_stat_activity WHERE datname = 'ledger'
    AND usename IN ('payments', 'users', 'settlement')
    AND (xact_start IS NOT NULL OR backend_xid IS NOT NULL)"""
_IN_FLIGHT = re.compile(rb"^payments_requests_in_flight (\d+)$", re.MULTILINE)


def wait_for_quiet(settings: Settings, until: float) -> str:
    """The primary's name, once everything is quiet.

    Args:
        settings: where to look.
        until: the monotonic time of the deadline.

    Raises:
        Incomplete: it was not quiet by then; says what was still under way.
    """
    while True:
        try:
            return _quiet_now(settings)
        except Incomplete as noise:
            if time.monotonic() > until:
                raise Incomplete(f"not quiet by the deadline: {noise}") from noise
        time.sleep(_PAUSE_S)


def _quiet_now(settings: Settings) -> str:
    for node in settings.services:
        _no_request_in_flight(node)
    primary = the_primary(settings)
    with connect(settings, primary, 2.0) as connection:
        row = connection.execute(_OPEN).fetchone()
    if row is None or row[0]:
        raise Incomplete(f"{primary} has {row and row[0]} open transactions of the service")
    return primary


def _no_request_in_flight(node: str) -> None:
    try:
        text = get(f"http://{node}:8000/metrics", 1.0)
    except NobodyThere:
        return
    except NoAnswer as error:
        raise Incomplete(f"{node} does not say whether it has requests in flight: {error}") from error
    match = _IN_FLIGHT.search(text)
    if match is None or int(match[1]):
        raise Incomplete(
            f"{node} has {match[1].decode() if match else 'an unknown number of'} requests in flight"
        )
