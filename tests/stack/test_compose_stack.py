"""A stack on a real engine: up, repaired, looked at, observed, taken away whole."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from testcontainers.core.container import Reaper

from harness.agent.client import Agent
from harness.errors import RoleUnknown, StackError, StackModelError
from harness.observations import Books
from harness.stack.compose import Stack, take_down
from harness.stack.engine import Engine
from harness.stack.scene import LiveScene

pytestmark = pytest.mark.stack

TINY = Path(__file__).parent / "tiny"
PROJECT = f"stacklab-{os.getpid()}"
"""Of this session alone, so that two of them can run side by side."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working folder; whatever of the projects is left at the end is taken away."""
    place = tmp_path_factory.mktemp("work")
    yield place
    with contextlib.chdir(place):
        for project in (PROJECT, f"{PROJECT}-other"):
            take_down(project)
            images = [f"{project}-tiny", f"{project}-harness-agent"]
            subprocess.run(["docker", "rmi", "--force", *images], check=False, capture_output=True)


@pytest.fixture(scope="module")
def tiny(folder: Path) -> Stack:
    """The tiny stack, not necessarily up."""
    with contextlib.chdir(folder):
        return Stack.load(TINY, project=PROJECT)


@pytest.fixture
def up(tiny: Stack) -> Stack:
    """The tiny stack, up and in order."""
    tiny.up()
    return tiny


@pytest.fixture
def agent(up: Stack) -> Iterator[Agent]:
    """A session with the stack's agent."""
    with Agent.connect(up.agent_container(), up.project) as session:
        yield session


@pytest.fixture
def changed(folder: Path, tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """The tiny stack with one thing changed in one of its files, as a project of its own."""

    def load(file: str, right: str, wrong: str) -> Stack:
        copy = tmp_path / "tiny"
        shutil.copytree(TINY, copy)
        text = (copy / file).read_text()
        assert right in text
        (copy / file).write_text(text.replace(right, wrong))
        with contextlib.chdir(folder):
            return Stack.load(copy, project=f"{PROJECT}-other")

    yield load
    with contextlib.chdir(folder):
        take_down(f"{PROJECT}-other")


def docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout.strip()


def container(stack: Stack, name: str) -> str:
    return next(node.container for node in stack.nodes() if node.name == name)


def test_up_gives_nodes_and_a_published_port(up: Stack) -> None:
    """Every node is there with its group and site, healthy, and the edge answers on loopback alone."""
    assert [(node.name, node.group, node.site) for node in up.nodes()] == [
        ("store-1", "store", "a"), ("store-2", "store", "b"), ("store-3", "store", "b"), ("web", "web", None),
    ]  # fmt: skip
    assert {one.health for one in up.status() if one.group} == {"healthy"}
    address = up.published()
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address, timeout=5) as answer:
        assert answer.status == 200


def test_up_again_is_quick_and_touches_nothing(up: Stack) -> None:
    """On a stack that is up, up takes under two seconds and every container stays the one it was."""
    before = [docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", node.container) for node in up.nodes()]
    begun = time.monotonic()
    up.up()
    assert time.monotonic() - begun < 2
    after = [docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", node.container) for node in up.nodes()]
    assert after == before


def test_up_repairs(up: Stack) -> None:
    """A killed, a paused, a removed container: up makes the stack whole again and keeps the volumes."""
    docker("kill", container(up, "store-1"))
    docker("pause", container(up, "store-2"))
    docker("rm", "-f", container(up, "store-3"))
    up.up()
    assert [one.health for one in up.status() if one.group] == ["healthy"] * 4
    assert docker("exec", container(up, "store-3"), "cat", "/state/role") == "replica"


def test_no_reaper_is_started(up: Stack) -> None:
    """The reaper of testcontainers would need an image from a registry; none was made."""
    assert Reaper._instance is None


def test_the_state_is_the_owners_alone(up: Stack) -> None:
    """The state folder is 0700, the passwords 0600, and no other file holds one."""
    assert up.state_dir.stat().st_mode & 0o777 == 0o700
    secrets = up.state_dir / "secrets.env"
    assert secrets.stat().st_mode & 0o777 == 0o600
    password = secrets.read_text().strip().split("=")[1]
    holders = [file.name for file in up.state_dir.iterdir() if password in file.read_text()]
    assert holders == ["secrets.env"]


def test_logs_are_one_file_a_node_without_passwords(up: Stack, tmp_path: Path) -> None:
    """A node that prints its password has the password's name in its log instead."""
    files = up.logs(tmp_path)
    assert sorted(file.name for file in files) == [
        "harness-agent.log", "store-1.log", "store-2.log", "store-3.log", "web.log",
    ]  # fmt: skip
    password = (up.state_dir / "secrets.env").read_text().strip().split("=")[1]
    assert "connecting with password [STORE_PASSWORD]" in (tmp_path / "web.log").read_text()
    assert not [file for file in files if password in file.read_text()]


def test_a_whole_stack_and_one_that_is_not(up: Stack, agent: Agent) -> None:
    """whole() has no reasons, then names the killed node and the missing synchronous standby, then none again."""
    assert up.whole(agent) == []
    docker("kill", container(up, "store-2"))
    assert up.whole(agent) == [
        "store-2 is exited with code 137",
        "store-2 has no role yet",
        "store has 0 synchronous standbys instead of 1",
    ]
    up.up()
    assert up.whole(agent) == []


def test_a_scene_resolves_roles_through_the_agent(up: Stack, agent: Agent) -> None:
    """The role is asked of the node now: after it changed, the selector names another node."""
    scene = LiveScene(up, agent, seed=1)
    assert [node.name for node in scene.resolve("store:primary")] == ["store-1"]
    assert [node.name for node in scene.resolve("store:replica")] == ["store-2", "store-3"]
    assert scene.roles() == {"store-1": "primary", "store-2": "sync-standby", "store-3": "replica"}
    docker("exec", container(up, "store-1"), "sh", "-c", "echo demoting now > /state/role")
    try:
        with pytest.raises(RoleUnknown, match="store-1: no answer"):
            scene.resolve("store:primary")
    finally:
        docker("exec", container(up, "store-1"), "sh", "-c", "echo primary > /state/role")


def observe(stack: Stack, mood: str, into: Path, timeout_s: float | None = None) -> Books:
    node = container(stack, "store-1")
    docker("exec", node, "sh", "-c", f"echo {mood} > /tmp/mood")
    try:
        stack.observe("run7", into, timeout_s)
    finally:
        docker("exec", node, "rm", "/tmp/mood")
    return Books.read(into)


def test_the_observer_is_run_and_kept(up: Stack, tmp_path: Path) -> None:
    """Its lines are in the file, it knew the run, and each source is complete."""
    books = observe(up, "", tmp_path / "o.jsonl")
    assert books.complete == {"database", "api", "replicas"}
    assert books.payments["key"].to_list() == ["run7-1"]


@pytest.mark.parametrize(
    ("mood", "complete", "why"),
    [
        ("fail", {"database"}, "ended with code 1: the API does not answer"),
        ("late-fail", set(), "ended with code 1: something else was wrong"),
        ("babble", set(), "not of the contract: this is no JSON"),
        ("hang", {"database"}, "was not done within 2 s"),
    ],
)
def test_an_observer_that_fails_is_never_silent(
    up: Stack, tmp_path: Path, mood: str, complete: set[str], why: str
) -> None:
    """What was not read to its end is incomplete with the reason, however the observer failed."""
    books = observe(up, mood, tmp_path / "o.jsonl", timeout_s=2)
    assert books.complete == complete
    assert set(books.incomplete) == {"database", "api", "replicas"} - complete
    assert all(why in reason for reason in books.incomplete.values())


def test_an_observer_that_hangs_is_ended_inside_too(up: Stack, tmp_path: Path) -> None:
    """After the time-out nothing of the observer runs in the node any more."""
    observe(up, "hang", tmp_path / "o.jsonl", timeout_s=1)
    assert "observer.py" not in docker("top", container(up, "store-1"))


def test_no_node_for_the_observer(up: Stack, tmp_path: Path) -> None:
    """With its whole group down every source is incomplete, with that reason."""
    for name in ("store-1", "store-2", "store-3"):
        docker("kill", container(up, name))
    up.observe("run8", tmp_path / "o.jsonl")
    up.up()
    assert set(Books.read(tmp_path / "o.jsonl").incomplete.values()) == {
        "no node of store is up and healthy to run the observer"
    }


def test_another_variant_is_built_anew(up: Stack, folder: Path) -> None:
    """up() with another variant says so, takes the old one down with its volumes, and labels the new."""
    before = {node.container for node in up.nodes()}
    with contextlib.chdir(folder):
        slow = Stack.load(TINY, project=PROJECT, variant="slow")
    said: list[str] = []
    slow.up(said.append)
    assert f"{PROJECT} is up with no variant, no profile: it is taken down and built anew" in said
    assert not before & {node.container for node in slow.nodes()}
    assert {one.variant for one in slow.status() if one.group} == {"slow"}
    assert "SLOW=1" in docker("exec", container(slow, "store-1"), "env")
    assert not [text for text in said if "building" in text]
    up.up(said.append)
    assert {one.variant for one in up.status() if one.group} == {None}


def test_a_profile_adds_its_services(up: Stack, folder: Path) -> None:
    """They are there with the profile alone; who looks at the stack later sees them; down takes them too."""
    assert "extra" not in {node.name for node in up.nodes()}
    with contextlib.chdir(folder):
        Stack.load(TINY, project=PROJECT, profiles=["more"]).up()
        more, base = Stack.as_it_is_up(TINY, PROJECT), Stack.load(TINY, project=PROJECT)
    assert more.profiles == ("more",)
    assert "extra" in {node.name for node in more.nodes()}
    base.down()
    assert not any(Engine().leftovers(PROJECT).values())
    base.up()
    assert "extra" not in {node.name for node in base.nodes()}


def test_down_leaves_nothing_and_touches_nothing_else(tiny: Stack) -> None:
    """Paused, half-created and orphaned things of the project go; a neighbour's volume stays; twice is fine."""
    tiny.up()
    label = f"com.docker.compose.project={PROJECT}"
    docker("pause", container(tiny, "store-1"))
    image = docker("inspect", "-f", "{{.Image}}", container(tiny, "web"))
    docker("create", "--label", label, "--name", f"{PROJECT}-orphan", "-v", "/anonymous", image, "true")
    docker("volume", "create", "--label", label, f"{PROJECT}_old")
    neighbour = docker(
        "volume", "create", "--label", f"com.docker.compose.project={PROJECT}x", f"{PROJECT}x_v"
    )
    try:
        removed = tiny.down()
        assert f"{PROJECT}-orphan" in removed.containers
        assert {f"{PROJECT}_inner", f"{PROJECT}_public"} <= set(removed.networks)
        assert {f"{PROJECT}_store-1", f"{PROJECT}_old"} <= set(removed.volumes)
        assert not any(Engine().leftovers(PROJECT).values())
        assert docker("volume", "ls", "-q", "--filter", f"name={neighbour}") == neighbour
        assert not (tiny.state_dir / "secrets.env").exists()
        assert not tiny.down()
    finally:
        docker("volume", "rm", neighbour)


def test_down_without_the_files(changed: Callable[..., Stack], folder: Path) -> None:
    """A stack whose Compose file is broken, then gone, is taken away all the same."""
    stack = changed("locustfile.py", "never", "never")
    stack.up()
    (stack.directory / "compose.yaml").write_text("services: [broken")
    assert len(stack.down().containers) == 5
    assert not any(Engine().leftovers(stack.project).values())
    docker(
        "network", "create", "--label", f"com.docker.compose.project={stack.project}", f"{stack.project}_n"
    )
    shutil.rmtree(stack.directory)
    with contextlib.chdir(folder):
        assert take_down(stack.project).networks == (f"{stack.project}_n",)


def test_a_network_in_use_by_others_is_named(changed: Callable[..., Stack], folder: Path) -> None:
    """What cannot go is an error that names it, and down succeeds once it can."""
    from harness.stack import teardown

    project = f"{PROJECT}-other"
    network = docker("network", "create", "--label", f"com.docker.compose.project={project}", f"{project}_n")
    image = docker("images", "-q", "debian:trixie-slim")
    user = docker("run", "-d", "--rm", "--network", network, image, "sleep", "60")
    try:
        with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
            patch.setattr(teardown, "_DEADLINE_S", 0.5)
            with pytest.raises(StackError, match=f"networks: {project}_n.*active endpoints"):
                take_down(project)
    finally:
        docker("kill", user)
    with contextlib.chdir(folder):
        take_down(project)


def test_a_service_that_does_not_start_is_named_with_its_last_words(changed: Callable[..., Stack]) -> None:
    """The error has the failing service, its exit code and what it said last, and no password."""
    stack = changed("compose.yaml", 'ANSWERS: "yes"', 'ANSWERS: "no"')
    with pytest.raises(StackError, match="store-1 is exited with code 1") as caught:
        stack.up(timeout_s=60)
    assert "the store refuses to start" in str(caught.value)
    assert (stack.state_dir / "secrets.env").read_text().strip().split("=")[1] not in str(caught.value)


def test_a_service_that_stays_unhealthy_is_given_up_by_the_deadline(changed: Callable[..., Stack]) -> None:
    """An unhealthy service gets its moment to recover, and no more than the deadline."""
    stack = changed("compose.yaml", "'127.0.0.1', 8080", "'127.0.0.1', 9")
    begun = time.monotonic()
    with pytest.raises(StackError, match="unhealthy"):
        stack.up(timeout_s=12)
    assert time.monotonic() - begun < 60


def test_a_port_in_use_is_named(changed: Callable[..., Stack]) -> None:
    """A published port that something else holds is one clear error with the mend."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        stack = changed(
            "compose.yaml", "127.0.0.1:${WEB_PORT:-}:8080", f"127.0.0.1:{taken.getsockname()[1]}:8080"
        )
        with pytest.raises(StackError, match=r"a published port is in use.*Stop what uses it"):
            stack.up(timeout_s=60)


def test_a_missing_base_image_is_named(changed: Callable[..., Stack]) -> None:
    """An image that is not here and cannot be fetched is one clear error with the mend."""
    stack = changed("Dockerfile", "debian:trixie-slim", "localhost:9/no-such-image:1")
    with pytest.raises(StackError, match=r"an image is not here.*harness doctor --fix"):
        stack.up()


def test_a_compose_file_that_compose_refuses_is_wrong_input(changed: Callable[..., Stack]) -> None:
    """A misspelt Compose key is exit 2, in Compose's words, before anything is made."""
    stack = changed("compose.yaml", "    networks: [inner, public]", "    netwroks: [inner, public]")
    with pytest.raises(StackModelError, match="netwroks") as caught:
        stack.up()
    assert caught.value.exit_code == 2
    assert not any(Engine().leftovers(stack.project).values())


def test_a_changed_context_is_built_again(changed: Callable[..., Stack]) -> None:
    """After a file of the image changed, up builds again and runs the new one; unchanged it does not."""
    stack = changed("locustfile.py", "never", "never")
    stack.up()
    said: list[str] = []
    stack.up(said.append)
    assert said == []
    node = stack.directory / "node.py"
    node.write_text(node.read_text() + "# changed\n")
    stack.up(said.append)
    assert any("building the images" in text for text in said)
    assert docker("exec", container(stack, "web"), "tail", "-n", "1", "/srv/node.py") == "# changed"


def test_status_is_plain_data(up: Stack, agent: Agent) -> None:
    """Status with an agent has the roles, and goes to JSON as it is."""
    import dataclasses

    roles = {one.name: one.role for one in up.status(agent)}
    assert roles["store-1"] == "primary"
    assert json.dumps([dataclasses.asdict(one) for one in up.status(agent)])
