"""Roles and wholeness, on answers that Patroni 4.0.7 gave."""

# ruff: noqa: ARG002  # a fake takes what the agent takes

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import AgentError
from harness.stack.engine import Container
from harness.stack.model import Group
from harness.stack.node import Node
from harness.stack.roles import patroni_role, plain_role, role_of, roles_of
from harness.stack.scene import LiveScene
from harness.stack.sections import RoleSource
from harness.stack.wholeness import containers_amiss, roles_amiss

RECORDED = json.loads((Path(__file__).parent / "recorded" / "patroni-4.0.7.json").read_text())
LEDGER = Group("ledger", ("l1", "l2", "l3"), RoleSource(patroni=8008), ("primary", "sync-standby", "replica"))
ETCD = Group("etcd", ("e1", "e2", "e3"), RoleSource(command=("role",)), ("leader", "follower"))
GROUPS = {"ledger": LEDGER, "etcd": ETCD, "edge": Group("edge", ("edge",))}
NODES = tuple(Node(name, group.name, f"c-{name}") for group in GROUPS.values() for name in group.nodes)


class Answers:
    """An agent that gives these answers; what has none is a node that is down."""

    def __init__(self, **kinds: str | None) -> None:
        self.kinds = {
            "l1": "primary", "l2": "sync-standby", "l3": "replica", "e1": "leader", "e2": "follower", "e3": "follower",
        } | kinds  # fmt: skip
        self.config = dict(RECORDED["config"])
        self.changed: dict[str, dict[str, object]] = {}

    def ask_http(self, container: str, port: int, path: str, timeout_s: float = 1.0) -> tuple[int, str]:
        assert port == 8008
        name = container.removeprefix("c-")
        kind = self.kinds[name]
        if kind is None:
            raise AgentError("no answer")
        found = self.config if path == "/config" else RECORDED[kind] | self.changed.get(name, {})
        return 200, json.dumps(found)

    def run(self, container: str, argv: list[str], timeout_s: float = 10.0) -> tuple[int, str]:
        kind = self.kinds[container.removeprefix("c-")]
        if kind is None:
            raise AgentError("it does not run")
        return (0, f"{kind}\n") if kind != "fails" else (1, "cannot say")


def amiss(answers: Answers, at_start: dict[str, int] | None = None) -> list[str]:
    return roles_amiss(NODES, GROUPS, answers, at_start or {})[0]


@pytest.mark.parametrize("role", ["primary", "sync-standby", "replica"])
def test_patronis_answer_gives_the_role(role: str) -> None:
    """Each recorded answer of GET /patroni is the role that the node had."""
    assert patroni_role(json.dumps(RECORDED[role])) == role


@pytest.mark.parametrize(
    ("change", "role"),
    [
        ({"state": "starting"}, None),
        ({"state": "stopped"}, None),
        ({"role": "master"}, "primary"),
        ({"role": "standby_leader"}, "standby-leader"),
        ({"role": "uninitialized"}, None),
        ({"role": "replica", "quorum_standby": True}, "sync-standby"),
    ],
)
def test_what_patroni_may_also_say(change: dict[str, object], role: str | None) -> None:
    """A server that does not run has no role; older and other words mean what they mean."""
    assert patroni_role(json.dumps(RECORDED["primary"] | change)) == role


@given(st.text(max_size=50))
def test_nonsense_is_no_role(body: str) -> None:
    """An answer that is not Patroni's is no role, never an exception."""
    assert patroni_role(body) is None


def test_one_word_is_a_role() -> None:
    """A command's or a path's answer is a role only when it is one word."""
    assert [plain_role(text) for text in ("leader\n", "", "not found")] == ["leader", None, None]


def test_every_node_is_asked_in_its_own_way() -> None:
    """Patroni by HTTP, etcd by its command; a node that is down or fails is None; a group without role is left out."""
    assert roles_of(NODES, GROUPS, Answers(l1=None, e3="fails")) == {
        "l1": None, "l2": "sync-standby", "l3": "replica", "e1": "leader", "e2": "follower", "e3": None,
    }  # fmt: skip


@pytest.mark.parametrize(("status", "role"), [(200, "leader"), (503, None)])
def test_an_http_role(status: int, role: str | None) -> None:
    """A path answers with the role; another status than 200 is no role."""

    class Path503(Answers):
        def ask_http(self, container: str, port: int, path: str, timeout_s: float = 1.0) -> tuple[int, str]:
            assert (port, path) == (80, "/role")
            return status, "leader"

    source = RoleSource.model_validate({"http": {"port": 80, "path": "/role"}})
    assert role_of(NODES[0], source, Path503()) == role


def test_a_whole_stack_has_nothing_amiss() -> None:
    """One primary, one leader, the synchronous standby, everyone answering: whole."""
    assert amiss(Answers(), {"ledger": 1}) == []


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (Answers(l1="replica"), "ledger has 0 primaries or leaders instead of 1"),
        (Answers(l2="primary"), "ledger has 2 primaries or leaders instead of 1"),
        (Answers(e1="follower"), "etcd has 0 primaries or leaders instead of 1"),
        (Answers(l2="replica"), "ledger has 0 synchronous standbys instead of 1"),
        (Answers(l3=None), "l3 has no role yet"),
        (Answers(e2="fails"), "e2 has no role yet"),
    ],
)
def test_what_is_amiss_is_said(answers: Answers, said: str) -> None:
    """Each thing that makes a stack less than whole is one of its reasons."""
    assert any(reason.startswith(said) for reason in amiss(answers))


def test_a_standby_that_does_not_stream_is_amiss() -> None:
    """A replica that is running but fetches no WAL is not whole: it would lose what comes now."""
    answers = Answers()
    answers.changed["l3"] = {"replication_state": "in archive recovery"}
    assert amiss(answers) == ["l3 does not stream from the primary but is in archive recovery"]


def test_patronis_configuration_says_how_many_synchronous_standbys() -> None:
    """Asynchronous replication wants none; a node count of two wants two, and never more than there are."""
    answers = Answers(l2="replica")
    answers.config["synchronous_mode"] = False
    assert amiss(answers) == []
    answers.config |= {"synchronous_mode": True, "synchronous_node_count": 5}
    assert amiss(answers) == ["ledger has 0 synchronous standbys instead of 2"]


def test_as_many_synchronous_standbys_as_at_the_start() -> None:
    """Where the group's configuration cannot be asked, what was seen since it came up is what must be."""
    quorum = Group("q", ("e1", "e2", "e3"), RoleSource(command=("role",)))
    nodes = [Node(name, "q", f"c-{name}") for name in quorum.nodes]
    found, standbys = roles_amiss(nodes, {"q": quorum}, Answers(e1="primary", e2="sync-standby"), {})
    assert (found, standbys) == ([], {"q": 1})
    found, _ = roles_amiss(nodes, {"q": quorum}, Answers(e1="primary"), standbys)
    assert found == ["q has 0 synchronous standbys instead of 1"]


def container(service: str, state: str = "running", health: str | None = None, code: int = 0) -> Container:
    return Container(f"id-{service}", service, service, 1, state, health, code, {}, ())


def test_containers_amiss() -> None:
    """A missing, stopped, paused, unhealthy or starting container is named with what it is."""
    there = [
        container("a", "exited", code=137), container("b", "paused"), container("c", health="unhealthy"),
        container("d", health="starting"), container("e", health="healthy"), container("f"),
    ]  # fmt: skip
    expected = dict.fromkeys("abcdefg", 1) | {"f": 2}
    assert containers_amiss(expected, there) == [
        "g has no container", "f has 1 of 2 containers", "a is exited with code 137", "b is paused",
        "c is unhealthy", "d is starting",
    ]  # fmt: skip


class FakeStack:
    """A stack for the scene: nodes and a model."""

    def __init__(self) -> None:
        self.model = self
        self.groups = GROUPS
        self.vocabulary = {group.name: group.roles for group in GROUPS.values()}

    def nodes(self) -> tuple[Node, ...]:
        return NODES


def test_a_scene_asks_now_and_chooses_by_its_seed() -> None:
    """Roles are asked at each resolve; one, minority and majority are the same however often they are asked."""
    answers = Answers()
    scene = LiveScene(FakeStack(), answers, seed=3)
    assert [node.name for node in scene.resolve("ledger:primary")] == ["l1"]
    answers.kinds |= {"l1": None, "l2": "primary"}
    assert [node.name for node in scene.resolve("ledger:primary")] == ["l2"]
    first = [scene.resolve(f"etcd:{kind}") for kind in ("one", "minority", "majority")]
    assert [scene.resolve(f"etcd:{kind}") for kind in ("one", "minority", "majority")] == first
    assert set(first[1]) | set(first[2]) == set(scene.resolve("etcd"))
    assert set(first[0]) == set(first[1])
    assert scene.roles()["l2"] == "primary"
