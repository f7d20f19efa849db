import asyncio
import threading
import time

import pytest
from payments.problems import NoEffect
from users.passwords import Passwords


class SlowHasher:
    """Hashes by waiting, as the real one does by computing, and counts how many do so at once."""

    def __init__(self, seconds=0.0):
        self._seconds = seconds
        self._lock = threading.Lock()
        self.now = self.most = self.done = 0

    def _work(self):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self._seconds)
        with self._lock:
            self.now -= 1
            self.done += 1

    def hash(self, password):
        self._work()
        return f"$argon2id${password}"

    def verify(self, password_hash, password):
        self._work()
        return password_hash == f"$argon2id${password}"


def run(scene):
    return asyncio.run(asyncio.wait_for(scene(), 10))


def in_s(seconds):
    return asyncio.get_running_loop().time() + seconds


def test_only_the_right_password_is_right():
    """And without a user no password is."""

    async def scene():
        passwords = Passwords(SlowHasher(), 1)
        saved = await passwords.hash("one", in_s(1))
        assert await passwords.right("one", saved, in_s(1))
        assert not await passwords.right("two", saved, in_s(1))
        assert not await passwords.right("one", None, in_s(1))

    run(scene)


def test_the_decoys_own_password_logs_nobody_in():
    """Where there is no user a decoy is hashed for the time it takes; its password opens nothing."""

    async def scene():
        assert not await Passwords(SlowHasher(), 1).right("nobody has this password", None, in_s(1))

    run(scene)


def test_without_a_user_it_costs_as_much():
    """A hash is computed all the same, so the time of an answer does not tell which login names there are."""

    async def scene():
        hasher = SlowHasher()
        passwords = Passwords(hasher, 1)
        before = hasher.done
        await passwords.right("one", None, in_s(1))
        return hasher.done - before

    assert run(scene) == 1


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_than_so_many_at_once(at_once):
    """A wave of log-ins leaves the other cores alone."""

    async def scene():
        hasher = SlowHasher(0.02)
        passwords = Passwords(hasher, at_once)
        await asyncio.gather(*(passwords.hash(f"p{n}", in_s(5)) for n in range(9)))
        return hasher.most

    assert run(scene) == at_once


def test_the_event_loop_goes_on_while_passwords_are_hashed():
    """A health check is answered meanwhile: what the event loop does later is seen by a hash that is under way."""
    answered = threading.Event()

    class Waits(SlowHasher):
        def verify(self, _hash, _password):
            return answered.wait(5)

    async def scene():
        passwords = Passwords(Waits(), 1)
        asyncio.get_running_loop().call_later(0.05, answered.set)
        return await passwords.right("one", "saved", in_s(5))

    assert run(scene)


def test_whose_turn_does_not_come_is_told_that_nothing_happened():
    """Those before him are not disturbed, and the next one gets his turn."""

    async def scene():
        passwords = Passwords(SlowHasher(0.2), 1)
        first = asyncio.ensure_future(passwords.hash("first", in_s(5)))
        await asyncio.sleep(0.01)
        with pytest.raises(NoEffect, match="turn"):
            await passwords.hash("late", in_s(0.05))
        assert (await first).endswith("first")
        assert (await passwords.hash("next", in_s(1))).endswith("next")

    run(scene)
