"""The engine starts, also after it was killed; tried on an engine beside the machine's own."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import EngineError
from harness.stack.setup.engine_paths import EnginePaths
from harness.stack.setup.leftovers import Process, end_processes, listens, process_of, processes_of
from harness.stack.setup.program import find, run
from harness.stack.setup.start import answers, start_engine

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(
        os.geteuid() != 0 or find("dockerd") is None, reason="needs root and dockerd on this host"
    ),
]

APART = (
    "--bridge=none",
    "--iptables=false",
    "--ip-forward=false",
    "--ip-masq=false",
    "--userland-proxy=false",
)


@pytest.fixture
def paths() -> Iterator[EnginePaths]:
    """An engine of the test's own; whatever the test did to it, nothing of it is left."""
    # Not pytest's folder: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="hd-", ignore_cleanup_errors=True) as folder:
        configuration = Path(folder) / "daemon.json"
        configuration.write_text("{}", encoding="ascii")
        paths = EnginePaths.below(Path(folder), f"--config-file={configuration}", *APART)
        bridges = host_bridges()
        try:
            yield paths
        finally:
            kill(paths)
            end_processes(processes_of(paths))
            for mount in reversed(mounts_below(folder)):
                run(["umount", "--lazy", mount], timeout_s=10)
    assert host_bridges() == bridges, "the test's engine changed the network of the machine's own"
    assert not mounts_below(folder)
    assert not processes_of(paths)


def host_bridges() -> dict[str, str]:
    """The machine's docker0 with its index, which a new one of the same name would not have."""
    return {
        str(path): path.read_text(encoding="ascii") for path in Path("/sys/class/net").glob("docker0/ifindex")
    }


def mounts_below(folder: str) -> list[str]:
    lines = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    return [line.split()[1] for line in lines if line.split()[1].startswith(folder)]


def start(paths: EnginePaths) -> list[str]:
    said: list[str] = []
    start_engine(paths, said.append, deadline_s=40, systemd=False)
    return said


def kill(paths: EnginePaths) -> None:
    """SIGKILL, and wait until it is gone."""
    engine = process_of(paths.pidfile, "dockerd")
    if engine is None:
        return
    os.kill(engine.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while process_of(paths.pidfile, "dockerd"):
        assert time.monotonic() < deadline, "the engine did not die"
        reap(engine.pid)
        time.sleep(0.02)


def reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def docker(paths: EnginePaths, *argv: str) -> str:
    outcome = run(["docker", "--host", f"unix://{paths.socket}", *argv], timeout_s=60)
    assert outcome.ok, outcome.tail
    return outcome.out.strip()


def run_a_container(paths: EnginePaths) -> str:
    """A container of this host's own sleep, because another engine's images are not this one's."""
    archive = paths.socket.parent / "sleep.tar"
    libraries = subprocess.run(
        ["ldd", "/bin/sleep"], capture_output=True, text=True, check=True
    ).stdout.split()
    files = {"/bin/sleep", *(word for word in libraries if word.startswith("/"))}
    with tarfile.open(archive, "w") as tar:
        for file in sorted(files):
            info = tarfile.TarInfo(file.lstrip("/"))
            content = Path(file).read_bytes()
            info.size, info.mode = len(content), 0o755
            tar.addfile(info, io.BytesIO(content))
    docker(paths, "import", str(archive), "sleeper")
    return docker(paths, "run", "--detach", "--network", "none", "sleeper", "/bin/sleep", "1000")


def test_a_running_engine_is_left_alone(paths: EnginePaths) -> None:
    """The second start says nothing and keeps the process."""
    assert not answers(paths.socket)
    start(paths)
    first = process_of(paths.pidfile, "dockerd")
    assert answers(paths.socket)
    assert start(paths) == []
    assert process_of(paths.pidfile, "dockerd") == first


def test_it_starts_again_after_sigkill_with_a_container_running(paths: EnginePaths) -> None:
    """A stale process-id file and a leftover shim do not stop it, and the container can be started again."""
    start(paths)
    container = run_a_container(paths)
    kill(paths)
    assert any(process.program.startswith("containerd-shim") for process in processes_of(paths))
    assert paths.pidfile.exists()
    said = start(paths)
    assert any(str(paths.pidfile) in sentence for sentence in said)
    assert container in docker(paths, "ps", "--all", "--quiet", "--no-trunc")
    docker(paths, "start", container)
    assert docker(paths, "inspect", "--format", "{{.State.Running}}", container) == "true"


def test_a_process_id_that_went_to_somebody_else_is_stale(paths: EnginePaths) -> None:
    """The engine refuses to start when any process has the number in its file; here it is the test's."""
    paths.pidfile.write_text(str(os.getpid()), encoding="ascii")
    folder = paths.exec_root / "containerd"
    folder.mkdir(parents=True)
    (folder / "containerd.pid").write_text(str(os.getpid()), encoding="ascii")
    said = start(paths)
    assert sum("Removing" in sentence for sentence in said) == 2
    assert answers(paths.socket)


def leave_a_containerd(paths: EnginePaths) -> Process:
    """Run the containerd of a killed engine on: this engine takes its own with it, others do not."""
    start(paths)
    kill(paths)
    folder = paths.exec_root / "containerd"
    argv = [find("containerd") or "containerd", "--config", str(folder / "containerd.toml")]
    started = subprocess.Popen(
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    (folder / "containerd.pid").write_text(str(started.pid), encoding="ascii")
    deadline = time.monotonic() + 10
    while not listens(folder / "containerd.sock"):
        assert time.monotonic() < deadline, "containerd did not start"
        time.sleep(0.02)
    return next(process for process in processes_of(paths) if process.pid == started.pid)


@pytest.mark.parametrize("hangs", [False, True])
def test_a_leftover_containerd_does_not_stop_it(paths: EnginePaths, hangs: bool) -> None:
    """It is ended, whether it works or hangs, and the engine starts at once with its own."""
    containerd = leave_a_containerd(paths)
    if hangs:
        os.kill(containerd.pid, signal.SIGSTOP)
    said = start(paths)
    assert any("containerd" in sentence for sentence in said)
    assert containerd not in processes_of(paths)
    assert docker(paths, "version", "--format", "{{.Server.Version}}")


def test_an_engine_that_cannot_start_says_why(paths: EnginePaths) -> None:
    """The error carries the log's last lines and where the log is."""
    broken = EnginePaths.below(paths.socket.parent, "--storage-driver=nonsense", *APART)
    with pytest.raises(EngineError) as raised:
        start(broken)
    assert "graphdriver" in raised.value.what
    assert str(paths.log) in (raised.value.mend or "")
    assert raised.value.exit_code == 4
