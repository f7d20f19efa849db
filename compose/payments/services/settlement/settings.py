"""What a worker is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from payments.settings import Address

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A worker's settings.

    Attributes:
        worker: its name, as the audit trail has it.
        write: where the ledger's primary is reached.
        acquirer: where the acquirer is.
        password: of the database role.
        user: that role.
        lanes: calls to the acquirer at once.
        call_timeout_s: a call without an answer is given up after this.
        lease_s: nobody else takes an item that was taken within this; longer than a call and a posting.
        poll_s: pause when nothing is due.
        deadline_s: of a statement on the ledger.
        connect_timeout_s: a connection to the ledger is made within this, or given up.
        pool_size_max: connections to the ledger at once.
        settles_first: the defect that the variant settle-before-commit plants: post, then ask.
    """

    worker: str
    write: Address
    acquirer: Address
    password: str = field(repr=False)
    user: str = "settlement"
    lanes: int = 8
    call_timeout_s: float = 2.0
    lease_s: float = 6.0
    poll_s: float = 0.25
    deadline_s: float = 1.5
    connect_timeout_s: float = 1.0
    pool_size_max: int = 10
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
            write=Address.parse(environ["LEDGER_WRITE"]),
            acquirer=Address.parse(environ["ACQUIRER"]),
            password=environ["LEDGER_SETTLEMENT_PASSWORD"],
            settles_first=environ.get("SETTLEMENT_ORDER", "ask-first") == "settle-first",
        )
