"""Installs the engine, its command line, Compose v2 and buildx, each only where it is missing."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.errors import EngineError
from harness.stack.setup.apt import candidates, download, install, update
from harness.stack.setup.apt_sources import debian_archives
from harness.stack.setup.base_image import SUITE
from harness.stack.setup.host import Host
from harness.stack.setup.program import find, require, run

__all__ = ["PLUGINS", "has_plugin", "install_engine", "install_plugins"]

PLUGINS: Mapping[str, Sequence[str]] = {
    "compose": ("docker-compose-plugin", "docker-compose-v2", "docker-compose"),
    "buildx": ("docker-buildx-plugin", "docker-buildx"),
}
"""Each plugin of the command line with the packages that bring it: the vendor's, Ubuntu's, Debian's."""

_NEWER = {"compose": "docker-compose", "buildx": "docker-buildx"}
_PLUGIN_FOLDER = Path("/usr/local/lib/docker/cli-plugins")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_COMPOSE_MAJOR = 2
_ASK_S = 15.0


def has_plugin(name: str) -> bool:
    """Whether the command line runs that plugin, Compose in its second version or later."""
    return run(["docker", name, "version"], timeout_s=_ASK_S).ok


def install_engine(say: Callable[[str], None]) -> None:
    """Install the engine and its command line, whichever is missing.

    Raises:
        EngineError: this is not Debian or Ubuntu, we are not root, or apt could not.
    """
    if find("dockerd") and find("docker"):
        return
    Host.here().require_root_and_apt("installing the Docker engine")
    say("No Docker engine is installed: it will be installed from this machine's package sources.")
    update(say)
    # Debian 13 keeps the command line in a package of its own, which docker.io only recommends.
    offered = candidates(["docker.io", "docker-cli"])
    wanted = [name for name in ("docker.io", "docker-cli") if name in offered]
    if "docker.io" not in wanted:
        raise EngineError(
            "this machine's package sources have no docker.io",
            mend="Enable the component that has it (Debian: main, Ubuntu: universe) and run this again",
        )
    install([*wanted, "iptables"], say)


def install_plugins(missing: Sequence[str], say: Callable[[str], None]) -> None:
    """Install those plugins from the machine's sources, else from the newer Debian release's packages.

    Raises:
        EngineError: this is not Debian or Ubuntu, we are not root, or neither source has them.
    """
    if not missing:
        return
    Host.here().require_root_and_apt(f"installing docker {' and '.join(missing)}")
    update(say)
    chosen = {name: choose_package(PLUGINS[name], candidates(PLUGINS[name])) for name in missing}
    if here := [package for package in chosen.values() if package]:
        install(here, say)
    if elsewhere := [name for name, package in chosen.items() if not package]:
        _from_newer_release(elsewhere, say)
    if absent := [name for name in missing if not has_plugin(name)]:
        raise EngineError(
            f"docker {' and '.join(absent)} was installed and still does not run",
            mend="See what `docker info` says of its plugins",
        )


def choose_package(names: Sequence[str], offered: Mapping[str, str]) -> str | None:
    """The first package that brings the plugin; one called docker-compose may still be the first version."""
    return next((name for name in names if name in offered and _new_enough(name, offered[name])), None)


def _new_enough(name: str, version: str) -> bool:
    if name != "docker-compose":
        return True
    major = re.match(r"(?:\d+:)?(\d+)", version)
    return major is not None and int(major[1]) >= _COMPOSE_MAJOR


def _from_newer_release(names: Sequence[str], say: Callable[[str], None]) -> None:
    packages = [_NEWER[name] for name in names]
    say(f"Taking {', '.join(packages)} from Debian {SUITE} into {_PLUGIN_FOLDER}.")
    if not _KEYRING.exists():
        install(["debian-archive-keyring"], say)
    archives = debian_archives()
    if not archives:
        raise EngineError(
            f"no package source of this machine has {', '.join(packages)}",
            mend="Ubuntu: enable universe. Else install the Compose and buildx plugins by hand",
        )
    errors = []
    for archive in archives:
        with tempfile.TemporaryDirectory(prefix="harness-apt-") as folder:
            try:
                debs = download(packages, archive, SUITE, _KEYRING, Path(folder))
            except EngineError as error:
                errors.append(error)
                continue
            for deb in debs:
                _unpack_plugins(deb, Path(folder) / "unpacked" / deb.stem)
            return
    raise errors[0]


def _unpack_plugins(deb: Path, into: Path) -> None:
    into.mkdir(parents=True)
    require(
        ["dpkg-deb", "-x", deb, into],
        timeout_s=_ASK_S * 4,
        doing=f"unpacking {deb.name}",
        mend="Run it again",
    )
    _PLUGIN_FOLDER.mkdir(parents=True, exist_ok=True)
    for plugin in into.glob("**/cli-plugins/docker-*"):
        # Renamed into place, so that a plugin that runs at this moment is not written over.
        fresh = _PLUGIN_FOLDER / f".{plugin.name}.new"
        shutil.copyfile(plugin, fresh)
        fresh.chmod(0o755)
        fresh.replace(_PLUGIN_FOLDER / plugin.name)
