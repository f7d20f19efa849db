"""What the observer is told by its environment and its command line."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the observer looks, and how long.

    Attributes:
        run: the run's id; its keys and account ids begin with it and a hyphen.
        ledger: the ledger's nodes, each asked directly.
        services: the payments nodes, asked for their requests in flight.
        settlement: the settlement nodes, asked for the acquirer's statement.
        api: the edge's address, for reading as a client does.
        api_token: what lets the observer, and nobody else, list everybody's payments and accounts there.
        password: of the database role ``observer``.
        timeout_s: everything is done within this, or said to be incomplete.
    """

    run: str
    ledger: tuple[str, ...]
    services: tuple[str, ...]
    settlement: tuple[str, ...]
    api: str
    api_token: str = field(repr=False)
    password: str = field(repr=False)
    timeout_s: float

    @property
    def prefix(self) -> str:
        """What every key and account id of the run begins with."""
        return f"{self.run}-"

    @classmethod
    def read(cls, environ: Mapping[str, str], argv: Sequence[str]) -> Settings:
        """Read them; a wrong command line ends the program with its usage.

        Raises:
            KeyError: a variable is missing.
        """
        parser = argparse.ArgumentParser(prog="payments-observer", description=__doc__)
        parser.add_argument("--timeout-s", type=float, default=30.0, help="deadline in seconds (default 30)")
        return cls(
            run=environ["HARNESS_RUN"],
            ledger=tuple(environ["OBSERVER_LEDGER_NODES"].split(",")),
            services=tuple(environ["OBSERVER_SERVICE_NODES"].split(",")),
            settlement=tuple(environ["OBSERVER_SETTLEMENT_NODES"].split(",")),
            api=environ["OBSERVER_API"],
            api_token=environ["OBSERVER_API_TOKEN"],
            password=environ["LEDGER_OBSERVER_PASSWORD"],
            timeout_s=parser.parse_args(argv).timeout_s,
        )
