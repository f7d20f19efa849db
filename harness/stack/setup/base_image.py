"""The base image of everything that is built: pulled, or made where no registry can be reached."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from harness.errors import EngineError
from harness.stack.setup.apt import install
from harness.stack.setup.apt_sources import debian_archives
from harness.stack.setup.host import Host
from harness.stack.setup.program import find, require, run

__all__ = ["BASE_IMAGE", "have_image", "make_sure_of_base_image"]

SUITE = "trixie"
BASE_IMAGE = f"debian:{SUITE}-slim"

_ASK_S = 15.0
_PULL_S = 120.0
_BOOTSTRAP_S = 900.0
_IMPORT_S = 180.0

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_NEEDED = {"mmdebstrap": "mmdebstrap", "xz": "xz-utils"}

# What makes the published image slim: no documentation but copyrights, no translations.
_LEFT_OUT = (
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
)


def have_image(name: str) -> bool:
    """Whether the engine has an image of that name."""
    return run(["docker", "image", "inspect", "--format", "{{.Id}}", name], timeout_s=_ASK_S).ok


def make_sure_of_base_image(say: Callable[[str], None]) -> None:
    """Pull the base image, else make it from Debian's archive and import it under the same name.

    Raises:
        EngineError: it can neither be pulled nor made.
    """
    if have_image(BASE_IMAGE):
        return
    say(f"Pulling {BASE_IMAGE}.")
    pulled = run(["docker", "pull", "--quiet", BASE_IMAGE], timeout_s=_PULL_S)
    if pulled.ok:
        return
    say(f"It cannot be pulled ({pulled.said}).")
    _make(say)


def _make(say: Callable[[str], None]) -> None:
    host = Host.here()
    host.require_root_and_apt(f"making {BASE_IMAGE}")
    missing = [package for program, package in _NEEDED.items() if not find(program)]
    if not _KEYRING.exists():
        missing.append("debian-archive-keyring")
    if missing:
        install(missing, say)
    say(f"Making {BASE_IMAGE} from Debian's archive with mmdebstrap; this takes a minute.")
    with tempfile.TemporaryDirectory(prefix="harness-base-") as folder:
        tar = Path(folder) / "base.tar"
        _bootstrap(tar)
        changes = ["--change", 'CMD ["bash"]', "--message", "made by harness doctor --fix with mmdebstrap"]
        require(
            ["docker", "import", *changes, tar, BASE_IMAGE],
            timeout_s=_IMPORT_S,
            doing=f"importing {BASE_IMAGE}",
            mend="Look at the engine's log and at the free space of its data folder",
        )


def _bootstrap(tar: Path) -> None:
    """Try this machine's own mirrors of Debian, the likeliest first; none: mmdebstrap's own choice."""
    mirrors: list[str | None] = [source.uri for source in debian_archives()]
    said = ""
    for mirror in mirrors or [None]:
        outcome = run(bootstrap_command(tar, mirror), timeout_s=_BOOTSTRAP_S)
        if outcome.ok:
            return
        said = outcome.said
        tar.unlink(missing_ok=True)
    raise EngineError(
        f"{BASE_IMAGE} can neither be pulled nor made: mmdebstrap says: {said}",
        mend=f"Load it by hand: docker load, or docker pull from a mirror and docker tag it {BASE_IMAGE}",
    )


def bootstrap_command(tar: Path, mirror: str | None) -> list[str | Path]:
    """The mmdebstrap call. An image whose mirror speaks TLS needs certificates to install anything."""
    options = ["--variant=minbase", f"--keyring={_KEYRING}", *(f"--dpkgopt={line}" for line in _LEFT_OUT)]
    if mirror and mirror.startswith("https:"):
        options.append("--include=ca-certificates")
    return ["mmdebstrap", *options, SUITE, tar, *([mirror] if mirror else [])]
