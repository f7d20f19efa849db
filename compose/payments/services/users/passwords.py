"""Passwords: hashed by argon2id, off the event loop, few at a time.

A hash costs some 30 ms of one core and 19 MiB by design. On the event loop it would hold up every other request, the
health checks among them; without a bound a wave of log-ins would take every core from the ledger beside it. So hashes
run in as many threads as the settings say (the library lets go of the interpreter's lock while it computes), and who
gets no turn by his deadline is told that nothing happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from payments.problems import NoEffect

__all__ = ["Hasher", "Passwords", "argon2id"]

T = TypeVar("T")

# What the database needs of a request's time: who gets his turn later would end in a commit that nobody waits for.
_KEPT_S = 0.4
_DECOY = "nobody has this password"


class Hasher(Protocol):
    """How passwords are hashed."""

    def hash(self, password: str) -> str:
        """A new salt and the hash, as one text."""
        ...

    def verify(self, password_hash: str, password: str) -> bool:
        """Whether the hash is of this password."""
        ...


class Passwords:
    """Hashes passwords for an event loop.

    Args:
        hasher: how.
        at_once: how many at the same time.
    """

    def __init__(self, hasher: Hasher, at_once: int) -> None:
        self._hasher = hasher
        self._turns = asyncio.Semaphore(at_once)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="hash")
        self._decoy = hasher.hash(_DECOY)

    async def hash(self, password: str, until: float) -> str:
        """The password's hash.

        Raises:
            NoEffect: its turn did not come in good time before ``until``, the event loop's time of the request's
                deadline.
        """
        return await self._in_turn(until, lambda: self._hasher.hash(password))

    async def right(self, password: str, password_hash: str | None, until: float) -> bool:
        """Whether the password fits the hash.

        Without a hash it takes as long and the answer is no: time does not tell which login names there are.

        Raises:
            NoEffect: its turn did not come in good time before ``until``.
        """
        fits = await self._in_turn(until, lambda: self._hasher.verify(password_hash or self._decoy, password))
        return fits and password_hash is not None

    async def _in_turn(self, until: float, work: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout_at(until - _KEPT_S):
                await self._turns.acquire()
        except TimeoutError:
            raise NoEffect("Too many passwords are being looked at; this one's turn did not come.") from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._turns.release()


class _Argon2id:
    """What OWASP asks for at least: 19 MiB, two passes, one lane."""

    def __init__(self) -> None:
        # Debian's python3-argon2, in the image; the tests of this file's own logic run where it is not.
        import argon2  # type: ignore[import-not-found]

        self._wrong = (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHash)
        self._hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

    def hash(self, password: str) -> str:
        return str(self._hasher.hash(password))

    def verify(self, password_hash: str, password: str) -> bool:
        try:
            return bool(self._hasher.verify(password_hash, password))
        except self._wrong:
            return False


def argon2id() -> Hasher:
    """Argon2id with the parameters of this service; each hash names its own, so they may change."""
    return _Argon2id()
