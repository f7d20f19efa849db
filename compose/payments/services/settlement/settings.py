"""What a worker is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from payments.planted import SETTLE_BEFORE_COMMIT, planted
from payments.settings import Address
from payments.settings import Settings as LedgerSettings

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A worker's settings.

    Attributes:
        worker: its name, as the audit trail has it.
        ledger: how the ledger is reached.
        acquirer: where the acquirer is.
        lanes: calls to the acquirer at once.
        call_timeout_s: a call without an answer is given up after this.
        lease_s: nobody else takes an item that was taken within this; longer than a call and a posting.
        poll_s: pause when nothing is due.
        settles_first: the planted defect settle-before-commit: post, then ask.
    """

    worker: str
    ledger: LedgerSettings
    acquirer: Address
    lanes: int = 8
    call_timeout_s: float = 2.0
    lease_s: float = 6.0
    poll_s: float = 0.25
    settles_first: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            KeyError: a variable is missing.
            ValueError: a value is not what it must be.
        """
        return cls(
            worker=environ["SETTLEMENT_WORKER"],
            ledger=LedgerSettings.from_environment(environ),
            acquirer=Address.parse(environ["ACQUIRER"]),
            settles_first=planted(environ, SETTLE_BEFORE_COMMIT) == SETTLE_BEFORE_COMMIT,
        )
