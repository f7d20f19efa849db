"""Every error of the engine and of Compose becomes one of ours, with the mend."""

from __future__ import annotations

import inspect
from pathlib import Path

import docker.errors
import pytest
import requests

from harness.clock import now
from harness.errors import EngineError, StackError, StackModelError
from harness.stack.command import run_command
from harness.stack.compose_trouble import explain
from harness.stack.engine import Engine, engine_errors
from harness.waiting import wait_until

# Said by Compose 2.26, BuildKit and the engine 20.10.
SAID = [
    (
        "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
        EngineError,
        "doctor --fix",
    ),
    ("docker: 'compose' is not a docker command.", EngineError, "Compose v2"),
    ("Bind for 127.0.0.1:80 failed: port is already allocated", StackError, "x-harness.free_ports"),
    ("write /x: no space left on device", StackError, "docker system df"),
    (
        "failed to solve: x: failed to resolve source metadata for docker.io/library/x",
        StackError,
        "doctor --fix",
    ),
    ("pull access denied for x, repository does not exist", StackError, "doctor --fix"),
    ('required variable "DB" is missing a value: set it', StackModelError, "x-harness.secrets"),
    ("could not find an available, non-overlapping IPv4 address pool", StackError, "harness down"),
    (
        "validating compose.yaml: services.a Additional property imag is not allowed",
        StackModelError,
        "Correct",
    ),
    ('service "a" refers to undefined network b: invalid compose project', StackModelError, "Correct"),
]


@pytest.mark.parametrize(("said", "kind", "mend"), SAID, ids=[item[0][:30] for item in SAID])
def test_a_known_message_has_its_mend(said: str, kind: type[Exception], mend: str) -> None:
    """What Compose said becomes the error of its kind, quotes the line and names the mend."""
    error = explain("starting the stack", f"first\n{said}\nlast")
    assert type(error) is kind
    assert said in str(error)
    assert mend in str(error)


def test_an_unknown_message_is_quoted() -> None:
    """What nobody knew is shown with its last lines, and silence is called silence."""
    assert "| something new" in str(explain("building", "a\nsomething new\n"))
    assert "Compose said nothing" in str(explain("building", " \n"))


ENGINE = [value for _, value in inspect.getmembers(docker.errors, inspect.isclass)
          if issubclass(value, docker.errors.DockerException)]  # fmt: skip
NETWORK = [requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError, ConnectionRefusedError]


@pytest.mark.parametrize("kind", [*ENGINE, *NETWORK], ids=lambda kind: kind.__name__)
def test_every_error_of_the_engine_is_ours(kind: type[Exception]) -> None:
    """No exception of docker-py or requests leaves the boundary as itself."""
    # Their constructors want answers of an engine: a child of each needs none.
    plain = {"__init__": lambda self: Exception.__init__(self, "reason"), "__str__": lambda _self: "reason"}
    child = type(kind.__name__, (kind,), plain)
    with pytest.raises(EngineError, match=r"^it failed: "), engine_errors("it failed"):
        raise child


def test_an_engine_that_does_not_run_names_the_mend(monkeypatch, tmp_path: Path) -> None:
    """No engine: exit 4 and what to do about it."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EngineError, match=r"no engine answers.*harness doctor --fix") as caught:
        Engine().version()
    assert caught.value.exit_code == 4


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    """Past its deadline a command is an error, and no process of its group is left."""
    begun = now()
    with pytest.raises(EngineError, match=r"was not done within 0\.3 s"):
        run_command(["sh", "-c", "sleep 600 & echo $! > child; wait"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"},
                    timeout_s=0.3)  # fmt: skip
    assert now() - begun < 5
    child = int((tmp_path / "child").read_text())
    # It was sent SIGKILL, which takes effect when it next has a processor.
    assert wait_until(lambda: not _runs(child), timeout_s=5)


def _runs(number: int) -> bool:
    """Whether a process runs; a zombie that nobody reaped yet does not."""
    try:
        status = Path(f"/proc/{number}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def test_a_command_says_what_it_said(tmp_path: Path) -> None:
    """Exit code, both streams, and each line as it came."""
    lines: list[str] = []
    said = run_command(["sh", "-c", "echo out; echo err >&2; exit 3"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"},
                       timeout_s=5, on_line=lines.append)  # fmt: skip
    assert (said.code, said.out, said.err) == (3, "out\n", "err\n")
    assert sorted(lines) == ["err", "out"]


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    """No docker on the path: the mend is named."""
    with pytest.raises(EngineError, match="harness doctor --fix"):
        run_command(["no-such-program"], cwd=tmp_path, env={}, timeout_s=1)
