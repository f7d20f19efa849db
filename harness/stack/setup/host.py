"""Which machine this is, and whether something can be installed on it."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from harness.errors import EngineError

__all__ = ["Host"]

_FAMILY = frozenset({"debian", "ubuntu"})


@dataclass(frozen=True, slots=True)
class Host:
    """The distribution and who we are on it.

    Attributes:
        name: the distribution's name for people.
        family: its ID and those that it says it is like.
        root: whether we are root.
    """

    name: str
    family: frozenset[str]
    root: bool

    @classmethod
    def here(cls, os_release: Path = Path("/etc/os-release")) -> Host:
        """This machine; one without an os-release file is of no family."""
        text = os_release.read_text(encoding="utf-8") if os_release.exists() else ""
        values = read_os_release(text)
        family = frozenset([values.get("ID", ""), *values.get("ID_LIKE", "").split()]) - {""}
        return cls(values.get("PRETTY_NAME", "an unknown system"), family, os.geteuid() == 0)

    def require_root(self, doing: str) -> None:
        """Go on only as root.

        Raises:
            EngineError: we are not root.
        """
        if not self.root:
            raise EngineError(f"{doing} needs root", mend="Run it again as root, e.g. sudo make setup")

    def require_root_and_apt(self, doing: str) -> None:
        """Go on only as root of a Debian or an Ubuntu.

        Raises:
            EngineError: this is another system, or we are not root.
        """
        if not self.family & _FAMILY:
            raise EngineError(
                f"{doing} is known for Debian and Ubuntu only, and this is {self.name}",
                mend="Install Docker Engine with Compose v2 and buildx as its documentation says, start it,"
                " and run `harness doctor` again",
            )
        self.require_root(doing)


def read_os_release(text: str) -> dict[str, str]:
    """The assignments of an os-release file, unquoted; lines that are none are left out."""
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith("#"):
            continue
        try:
            values[name] = "".join(shlex.split(value))
        except ValueError:  # an unbalanced quote: as it stands
            values[name] = value
    return values
