"""When to kill, so that many kills fall between an entry of the journal and its effect."""

from __future__ import annotations

import random
import time
from pathlib import Path

from harness.clock import now


def entries(journal: Path) -> int:
    """How many injections were entered so far; the lines that strike one out do not count."""
    return journal.read_bytes().count(b'"undo"') if journal.exists() else 0


def wait_for_a_random_moment(journal: Path, choose: random.Random) -> None:
    """Most moments are right after the journal's next entry."""
    time.sleep(choose.random() * 1.5)
    if choose.random() < 0.75:
        before, deadline = entries(journal), now() + 10
        while entries(journal) == before and now() < deadline:
            pass
        time.sleep(choose.random() * 0.004)
