"""Which of the ledger's nodes run, and how pgBackRest is told of them."""

from __future__ import annotations

from collections.abc import Iterable
from http.client import HTTPException
from urllib.request import urlopen

__all__ = ["options", "running"]

_PATRONI_PORT = 8008
_ASK_WITHIN_S = 1.0
_FOLDER = "/run/pgbackrest"
_PLACE = {
    "path": "/var/lib/ledger/data",
    "socket-path": "/run/postgresql",
    "host-type": "tls",
    "host-ca-file": f"{_FOLDER}/ca.crt",
    "host-cert-file": f"{_FOLDER}/node.crt",
    "host-key-file": f"{_FOLDER}/node.key",
}


def running(nodes: Iterable[str]) -> tuple[str, ...]:
    """Those whose database runs, as their Patroni says; a node that does not say so is left out."""
    return tuple(node for node in nodes if _runs(node))


def options(nodes: Iterable[str]) -> list[str]:
    """The options that name these nodes, in this order, and where each has its data and its socket."""
    return [
        f"--pg{number}-{key}={value}"
        for number, node in enumerate(nodes, start=1)
        for key, value in ({"host": node} | _PLACE).items()
    ]


def _runs(node: str) -> bool:
    try:
        with urlopen(f"http://{node}:{_PATRONI_PORT}/health", timeout=_ASK_WITHIN_S):
            return True
    # Its HTTPError, for a database that does not run, is an OSError too.
    except (OSError, HTTPException):
        return False
