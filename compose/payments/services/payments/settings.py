"""What the service is told by its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Address", "Settings", "strong"]

_SECRET_MIN = 32


@dataclass(frozen=True, slots=True)
class Address:
    """A host's name and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``host:port``.

        Raises:
            ValueError: it is something else.
        """
        host, colon, port = text.rpartition(":")
        if not (host and colon and port.isdecimal() and 0 < int(port) < 2**16):
            raise ValueError(f"an address is host:port, not {text!r}")
        return cls(host, int(port))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The service's settings.

    Attributes:
        write: where the ledger's primary is reached.
        read: where its replicas are reached; the router leads to the primary when there is none.
        password: of the database role.
        role: the service's role in the database, which is its name there too.
        deadline_s: a request is answered within this, whatever the ledger does.
        connect_timeout_s: a connection to the ledger is made within this, or given up.
        pool_size_max: connections to each address at once, of this node.
    """

    write: Address
    read: Address
    password: str = field(repr=False)
    role: str = "payments"
    deadline_s: float = 1.5
    connect_timeout_s: float = 1.0
    pool_size_max: int = 20

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            KeyError: LEDGER_WRITE, LEDGER_READ or LEDGER_APP_PASSWORD is missing.
            ValueError: a value is not what it must be.
        """
        return cls(
            write=Address.parse(environ["LEDGER_WRITE"]),
            read=Address.parse(environ["LEDGER_READ"]),
            password=environ["LEDGER_APP_PASSWORD"],
            role=environ.get("LEDGER_ROLE", "payments"),
            deadline_s=float(environ.get("REQUEST_DEADLINE_S", "1.5")),
            connect_timeout_s=float(environ.get("CONNECT_TIMEOUT_S", "1.0")),
            pool_size_max=int(environ.get("POOL_SIZE_MAX", "20")),
        )


def strong(name: str, secret: str) -> str:
    """A secret that a request may show instead of a session's token.

    Raises:
        ValueError: it is so short that somebody may guess it.
    """
    if len(secret) < _SECRET_MIN:
        raise ValueError(f"{name} has fewer than {_SECRET_MIN} characters")
    return secret
