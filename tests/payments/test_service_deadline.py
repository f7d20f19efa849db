import asyncio
import time

import pytest
from payments.deadline import within
from payments.problems import NoEffect, OutcomeUnknown


class StuckSession:
    """A session that waits until it is cut, as a COMMIT does that waits for its replica."""

    def __init__(self, *, commit_sent):
        self.commit_sent = commit_sent
        self.cancelled = False
        self._cut = asyncio.Event()

    def cut(self):
        self._cut.set()

    async def wait(self):
        try:
            await self._cut.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        raise (OutcomeUnknown if self.commit_sent else NoEffect)("cut")


@pytest.mark.parametrize(("commit_sent", "problem"), [(True, OutcomeUnknown), (False, NoEffect)])
def test_at_the_deadline_the_work_is_cut_and_never_cancelled(commit_sent, problem):
    """Cancelling would make psycopg cancel the query, and PostgreSQL call an unreplicated commit a success."""

    async def scene():
        session = StuckSession(commit_sent=commit_sent)

        async def work(attempt):
            attempt.holds(session)
            await session.wait()

        began = time.monotonic()
        with pytest.raises(problem):
            await within(0.05, work)
        return session, time.monotonic() - began

    session, seconds = asyncio.run(scene())
    assert not session.cancelled
    assert 0.04 < seconds < 0.5


def test_a_client_that_goes_away_does_not_cancel_the_work():
    """When the caller is cancelled the work goes on to its own end."""

    async def scene():
        ended = []

        async def work(_attempt):
            await asyncio.sleep(0.05)
            ended.append(True)

        caller = asyncio.create_task(within(1.0, work))
        await asyncio.sleep(0.01)
        caller.cancel()
        await asyncio.sleep(0.1)
        return ended

    assert asyncio.run(scene()) == [True]


def test_work_that_ignores_the_cut_is_answered_by_how_far_it_came():
    """The answer does not wait for a task that hangs elsewhere."""

    async def scene():
        session = StuckSession(commit_sent=True)

        async def work(attempt):
            attempt.holds(session)
            await asyncio.sleep(3)

        with pytest.raises(OutcomeUnknown):
            await within(0.02, work)

    asyncio.run(scene())


def test_nothing_begins_after_the_deadline():
    """Who gets his connection too late is told so before he uses it."""

    async def scene():
        async def work(attempt):
            await asyncio.sleep(0.05)
            attempt.check_time()

        with pytest.raises(NoEffect):
            await within(0.02, work)

    asyncio.run(scene())
