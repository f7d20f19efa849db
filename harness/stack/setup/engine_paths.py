"""Where an engine keeps its files, and the command that starts it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import EngineError

__all__ = ["EnginePaths"]

_DAEMON_JSON = Path("/etc/docker/daemon.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnginePaths:
    """One engine of this machine.

    Attributes:
        socket: the socket on which it answers.
        pidfile: where it writes its process id.
        exec_root: the folder of what runs; its own containerd is configured there.
        log: where its output goes when it is started without systemd.
        system_containerd: the socket of a containerd that the engine uses when the socket is there; None:
            it always runs its own.
        arguments: its command line after ``dockerd``.
        enter: a program that runs it somewhere else, in its own process (``unshare --net``).
    """

    socket: Path
    pidfile: Path
    exec_root: Path
    log: Path
    system_containerd: Path | None
    arguments: Sequence[str] = ()
    enter: Sequence[str] = ()

    @classmethod
    def of_this_host(cls, daemon_json: Path = _DAEMON_JSON) -> EnginePaths:
        """The machine's own engine, with what its configuration file says.

        No arguments are given to it: one that also stands in the file would stop it from starting.

        Raises:
            EngineError: the configuration file is not JSON.
        """
        configured = _read(daemon_json)
        hosts = [host for host in configured.get("hosts", ()) if host.startswith("unix://")]
        return cls(
            socket=Path(hosts[0].removeprefix("unix://") if hosts else "/var/run/docker.sock"),
            pidfile=Path(configured.get("pidfile", "/var/run/docker.pid")),
            exec_root=Path(configured.get("exec-root", "/var/run/docker")),
            log=Path("/var/log/dockerd.log"),
            system_containerd=Path("/run/containerd/containerd.sock"),
        )

    @classmethod
    def below(cls, folder: Path, *arguments: str) -> EnginePaths:
        """A further engine with everything in one folder and its own containerd, beside any other.

        It gets a network namespace of its own: an engine takes the bridge docker0 of the namespace that it
        starts in, and one without a bridge *deletes* docker0, whoever uses it (tried).
        """
        socket, pidfile, exec_root = folder / "docker.sock", folder / "docker.pid", folder / "exec"
        own = {"--host": f"unix://{socket}", "--pidfile": pidfile, "--exec-root": exec_root}
        places = [f"{name}={value}" for name, value in {**own, "--data-root": folder / "data"}.items()]
        return cls(
            socket=socket,
            pidfile=pidfile,
            exec_root=exec_root,
            log=folder / "dockerd.log",
            system_containerd=None,
            arguments=(*places, *arguments),
            enter=("unshare", "--net"),
        )


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EngineError(
            f"the engine's configuration is not JSON: {error}", where=str(path), mend="Mend or remove it"
        ) from error
    return found if isinstance(found, dict) else {}
