"""The payments of the run that are approved and not settled yet: the books are not final before they are."""

from __future__ import annotations

import time

from .errors import Incomplete
from .nodes import connect
from .settings import Settings

__all__ = ["wait_until_settled"]

_PAUSE_S = 0.2
_LEFT = """SELECT count(*) FILTER (WHERE status = 'approved' AND NOT coalesce(parked, false)), count(*)
    FROM books.payments LEFT JOIN books.outbox USING (payment_id) WHERE key ^@ %s AND creator IS NOT NULL"""


def wait_until_settled(settings: Settings, primary: str, until: float) -> str | None:
    """Wait until nothing of the run is on its way to the acquirer; what is parked stays where it is.

    Returns:
        Why not, at the monotonic time ``until``; empty when nothing is left. None when no payment of the run was
        ever for the acquirer.
    """
    while True:
        try:
            left, ever = _left(settings, primary)
            if not ever:
                return None
            why = f"{left} approved payments of the run are not settled" if left else ""
        except Incomplete as error:
            why = str(error)
        if not why or time.monotonic() > until:
            return why
        time.sleep(_PAUSE_S)


def _left(settings: Settings, primary: str) -> tuple[int, int]:
    with connect(settings, primary, 5.0) as connection:
        row = connection.execute(_LEFT, (settings.prefix,)).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
