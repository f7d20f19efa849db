"""Installing Debian packages: from the machine's own sources, and single ones from a newer release."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from harness.errors import EngineError
from harness.stack.setup.apt_sources import Source
from harness.stack.setup.program import require, run

__all__ = ["candidates", "download", "install", "update"]

_QUIET = {"DEBIAN_FRONTEND": "noninteractive"}
_UPDATE_S = 300.0
_INSTALL_S = 900.0
_ASK_S = 30.0
_LOCK = ("-o", "DPkg::Lock::Timeout=120")  # another apt may run; it is waited for, not raced
_MEND = "Run the same command by hand (apt-get), mend what it says, and run `harness doctor --fix` again"

_POLICY = re.compile(r"^(?P<package>\S+):\n(?:  .*\n)*?  Candidate: (?P<version>\S+)", re.MULTILINE)


def update(say: Callable[[str], None]) -> None:
    """Fetch the lists of packages.

    A source of somebody else that fails must not stop us: what matters is whether the install works.
    """
    say("Fetching the lists of packages (apt-get update).")
    outcome = run(["apt-get", "update", "-q"], timeout_s=_UPDATE_S, env=_QUIET)
    if not outcome.ok:
        say(f"apt-get update did not succeed wholly: {outcome.said}")


def install(packages: Sequence[str], say: Callable[[str], None]) -> None:
    """Install packages from this machine's sources.

    Raises:
        EngineError: apt could not.
    """
    say(f"Installing {', '.join(packages)} (apt-get install).")
    require(
        ["apt-get", "install", "-y", "-q", "--no-install-recommends", *_LOCK, *packages],
        timeout_s=_INSTALL_S,
        doing=f"installing {', '.join(packages)}",
        mend=_MEND,
        env=_QUIET,
    )


def candidates(packages: Iterable[str]) -> dict[str, str]:
    """By package, the version that this machine's sources offer; those that they lack are left out."""
    return read_policy(run(["apt-cache", "policy", *packages], timeout_s=_ASK_S).out)


def read_policy(printed: str) -> dict[str, str]:
    """What ``apt-cache policy`` printed, as candidates."""
    found = {match["package"]: match["version"] for match in _POLICY.finditer(printed)}
    return {package: version for package, version in found.items() if version != "(none)"}


def download(
    packages: Sequence[str], source: Source, suite: str, keyring: Path, into: Path
) -> Sequence[Path]:
    """Fetch single packages of another suite, by lists of their own; nothing is installed.

    Args:
        packages: their names.
        source: the archive, as this machine reaches it.
        suite: the release to take them from.
        keyring: what the archive must be signed by.
        into: an empty folder.

    Raises:
        EngineError: the archive does not answer, is not signed by that keyring, or lacks a package.
    """
    options = [
        part
        for name, value in _apart(into, source, suite, keyring).items()
        for part in ("-o", f"{name}={value}")
    ]
    for doing, action in (("reading", ["update"]), ("downloading from", ["download", *packages])):
        outcome = run(
            ["sh", "-c", 'cd "$0" && exec apt-get "$@"', into, *options, "-q", *action], timeout_s=_UPDATE_S
        )
        if not outcome.ok:
            raise EngineError(f"{doing} the suite {suite} of {source.uri} failed: {outcome.said}", mend=_MEND)
    return sorted(into.glob("*.deb"))


def _apart(folder: Path, source: Source, suite: str, keyring: Path) -> Mapping[str, str]:
    """Options of apt for a world of its own: the machine's lists, caches and pins stay as they are."""
    for each in ("lists/partial", "cache/archives/partial"):
        (folder / each).mkdir(parents=True)
    listed = folder / "sources.list"
    listed.write_text(f"deb [signed-by={keyring}] {source.uri} {suite} main\n", encoding="utf-8")
    return {
        "Dir::Etc::sourcelist": str(listed),
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferences": "-",
        "Dir::Etc::preferencesparts": "-",
        "Dir::State::lists": str(folder / "lists"),
        "Dir::Cache": str(folder / "cache"),
        "APT::Sandbox::User": "root",
    }
