"""What is installed, from where, and what is refused."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import EngineError
from harness.stack.setup.base_image import bootstrap_command
from harness.stack.setup.engine_paths import EnginePaths
from harness.stack.setup.host import Host, read_os_release
from harness.stack.setup.leftovers import clear_stale_files, end_processes, process_of, processes_of
from harness.stack.setup.packages import PLUGINS, choose_package
from harness.stack.setup.program import MISSING, TIMED_OUT, require, run
from harness.stack.setup.start import answers


@given(st.integers(0, 9), st.integers(0, 40))
def test_the_first_compose_is_not_taken(major: int, minor: int) -> None:
    """Debian's docker-compose is taken from its second version on, with or without an epoch."""
    for version in (f"{major}.{minor}.2-3", f"1:{major}.{minor}"):
        chosen = choose_package(PLUGINS["compose"], {"docker-compose": version})
        assert chosen == ("docker-compose" if major >= 2 else None)


def test_the_vendors_plugin_comes_first() -> None:
    """Where its source is configured its engine may be installed, and the packages exclude each other."""
    offered = {"docker-compose-plugin": "2.30", "docker-compose-v2": "2.24", "docker-compose": "2.26"}
    assert choose_package(PLUGINS["compose"], offered) == "docker-compose-plugin"
    assert choose_package(PLUGINS["buildx"], {}) is None


@pytest.mark.parametrize(
    ("text", "family", "refused"),
    [
        ("ID=debian\n", {"debian"}, None),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', {"linuxmint", "ubuntu", "debian"}, None),
        ('PRETTY_NAME="Fedora Linux 42"\nID=fedora\n', {"fedora"}, "Fedora Linux 42"),
        ("", set(), "an unknown system"),
    ],
)
def test_only_debian_and_its_kin(tmp_path: Path, text: str, family: set[str], refused: str | None) -> None:
    """Elsewhere there is one error that names the system and the mend, and its exit code is 4."""
    (tmp_path / "os-release").write_text(text, encoding="utf-8")
    found = Host.here(tmp_path / "os-release")
    host = Host(found.name, found.family, root=True)
    assert host.family == family
    if refused is None:
        host.require_root_and_apt("installing")
        return
    with pytest.raises(EngineError, match=refused) as raised:
        host.require_root_and_apt("installing")
    assert raised.value.mend
    assert raised.value.exit_code == 4


def test_not_root_is_refused() -> None:
    """The error says how to run it."""
    with pytest.raises(EngineError, match="needs root") as raised:
        Host("Debian", frozenset({"debian"}), root=False).require_root_and_apt("installing")
    assert "sudo" in (raised.value.mend or "")


@given(st.text())
def test_any_os_release_is_read(text: str) -> None:
    """A broken one is no error."""
    read_os_release(text)


def test_a_mirror_with_tls_brings_certificates() -> None:
    """Without them nothing could be installed in the image."""
    assert "--include=ca-certificates" in bootstrap_command(Path("t"), "https://mirror.test/debian")
    plain = bootstrap_command(Path("t"), "http://mirror.test/debian")
    assert "--include=ca-certificates" not in plain
    assert plain[-1] == "http://mirror.test/debian"
    assert bootstrap_command(Path("t"), None)[-1] == Path("t")


def test_a_program_that_is_missing_late_or_failing() -> None:
    """Each is an outcome with a reason, and a required one is an error with the end of what it printed."""
    assert run(["no-such-program"], timeout_s=1).code == MISSING
    begun = time.monotonic()
    late = run(["sh", "-c", "sleep 60 & wait"], timeout_s=0.2)
    assert (late.code, late.said) == (TIMED_OUT, "sh gave no answer within 0.2 s")
    assert time.monotonic() - begun < 3
    with pytest.raises(EngineError, match="tidying failed: it broke"):
        require(["sh", "-c", "echo it broke >&2; exit 3"], timeout_s=5, doing="tidying", mend="Mend it")


@pytest.fixture
def engine(tmp_path: Path) -> EnginePaths:
    return EnginePaths.below(tmp_path)


def test_paths_follow_the_configuration(tmp_path: Path) -> None:
    """The engine may keep its files elsewhere; a file that is not JSON is one error with its place."""
    configuration = tmp_path / "daemon.json"
    assert EnginePaths.of_this_host(configuration).socket == Path("/var/run/docker.sock")
    configuration.write_text(
        '{"pidfile": "/p", "exec-root": "/e", "hosts": ["tcp://127.0.0.1:1", "unix:///s"]}', encoding="ascii"
    )
    paths = EnginePaths.of_this_host(configuration)
    assert (paths.socket, paths.pidfile, paths.exec_root) == (Path("/s"), Path("/p"), Path("/e"))
    configuration.write_text("{", encoding="ascii")
    with pytest.raises(EngineError, match=str(configuration)):
        EnginePaths.of_this_host(configuration)


def test_a_process_id_file_is_believed_only_with_its_program(engine: EnginePaths) -> None:
    """Absent, broken, dead, somebody else's: none of them is an engine."""
    assert process_of(engine.pidfile, "dockerd") is None
    for text in ("", "not a number", "4194303", str(os.getpid())):
        engine.pidfile.write_text(text, encoding="ascii")
        assert process_of(engine.pidfile, "dockerd") is None


def test_stale_files_go_and_living_ones_stay(engine: EnginePaths) -> None:
    """A socket that somebody listens on is no leftover; the same file without a listener is one."""
    engine.pidfile.write_text("4194303", encoding="ascii")
    system = engine.socket.parent / "c.sock"
    paths = EnginePaths(
        socket=engine.socket,
        pidfile=engine.pidfile,
        exec_root=engine.exec_root,
        log=engine.log,
        system_containerd=system,
    )
    said: list[str] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(system))
        listener.listen()
        clear_stale_files(paths, said.append)
        assert system.exists()
        assert not engine.pidfile.exists()
    clear_stale_files(paths, said.append)
    assert not system.exists()
    assert len(said) == 2


def test_only_the_dead_engines_own_processes_are_ended(engine: EnginePaths) -> None:
    """A containerd of another folder, and another program with this folder, are somebody else's."""
    theirs = engine.exec_root.parent / "other" / "x.toml"
    ours = engine.exec_root / "containerd" / "x.toml"
    started = [
        subprocess.Popen(
            ["bash", "-c", f"exec -a {name} tail -q -f /dev/null {path}"], stderr=subprocess.DEVNULL
        )
        for name, path in (("containerd", theirs), ("containerd", ours), ("editor", ours))
    ]
    try:
        deadline = time.monotonic() + 5
        while not (found := processes_of(engine)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [process.pid for process in found] == [started[1].pid]
        assert end_processes(found) == ()
        assert started[1].wait(5) == -signal.SIGKILL
        assert [each.poll() for each in (started[0], started[2])] == [None, None]
    finally:
        for each in started:
            each.kill()
            each.wait()


def test_nobody_answers_on_an_absent_or_silent_socket(tmp_path: Path) -> None:
    """Neither a missing socket nor one that nobody serves is an engine."""
    assert not answers(tmp_path / "none.sock")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "s.sock"))
        assert not answers(tmp_path / "s.sock")
