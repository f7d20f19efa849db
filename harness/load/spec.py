"""What the load process is told: one JSON object, checked before anything starts."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.errors import LoadError
from harness.workload import Load

__all__ = ["LoadSpec", "is_loopback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSpec:
    """One load.

    Attributes:
        locustfile: the file with the users.
        host: where the requests go, ``http://127.0.0.1:PORT``; anything but loopback is refused.
        run_id: every key begins with it and a dash.
        seed: of the schedule; the same seed gives the same schedule.
        load: rate, mix and limits.
        longest_s: no arrival is intended later than this many seconds after the first.
        history: the file to write; ``load.log`` beside it takes what the load process prints.
        good_within_s: an acknowledgement within this of the intended time is good.
        set_up_max_s: deadline for the locustfile's set-up.
    """

    locustfile: Path
    host: str
    run_id: str
    seed: int
    load: Load
    longest_s: float
    history: Path
    good_within_s: float = 1.0
    set_up_max_s: float = 60.0

    def __post_init__(self) -> None:
        address = urlsplit(self.host)
        if address.scheme not in ("http", "https") or not is_loopback(address.hostname):
            raise LoadError(
                f"the load may go to this machine's loopback alone, not to {self.host!r}",
                mend="Publish the stack's port on 127.0.0.1",
            )
        if not self.locustfile.is_file():
            raise LoadError(
                "there is no such locustfile",
                where=str(self.locustfile),
                mend="See x-harness: load: locustfile",
            )

    def to_json(self) -> str:
        """One line, for the child's command line."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> LoadSpec:
        """The spec that ``to_json`` wrote."""
        fields = json.loads(text)
        paths = {name: Path(fields[name]) for name in ("locustfile", "history")}
        return cls(**{**fields, **paths, "load": Load(**fields["load"])})


def is_loopback(host: str | None) -> bool:
    """Whether a host's name or address is this machine's loopback, without asking any name server."""
    if host is None:
        return False
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    # An IPv4 address in IPv6's clothes: Python 3.13 looks inside, those before do not.
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
