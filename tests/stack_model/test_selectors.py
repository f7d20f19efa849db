"""Selectors: the grammar, and which nodes they name."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RoleUnknown, SelectorError
from harness.stack.node import Node
from harness.stack.selectors import Kind, Selector, check_selector, parse_selector, plays, resolve

ROLES = {"ledger": ("primary", "sync-standby", "replica"), "etcd": ("leader", "follower"), "edge": ()}
WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)


def group_of(count: int, name: str = "ledger") -> tuple[Node, ...]:
    return tuple(Node(f"{name}-{i}", name, f"{name}{i}", "ab"[i % 2]) for i in range(count))


NODES = (*group_of(3), *group_of(3, "etcd"), Node("edge", "edge", "e0"))
NOW = {
    "ledger-0": "replica", "ledger-1": "sync-standby", "ledger-2": "primary",
    "etcd-0": "leader", "etcd-1": "follower", "etcd-2": None,
}  # fmt: skip


def names(selector: str, nodes=NODES, seed: int = 1, now=NOW) -> list[str]:
    found = resolve(selector, nodes, lambda node: now.get(node.name), rng=Random(seed), roles=ROLES)
    return [node.name for node in found]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("ledger", ["ledger-0", "ledger-1", "ledger-2"]),
        ("ledger:all", ["ledger-0", "ledger-1", "ledger-2"]),
        ("ledger-1", ["ledger-1"]),
        ("edge", ["edge"]),
        ("ledger:primary", ["ledger-2"]),
        ("ledger:sync-standby", ["ledger-1"]),
        ("ledger:replica", ["ledger-0", "ledger-1"]),
        ("etcd:leader", ["etcd-0"]),
        ("etcd:follower", ["etcd-1"]),
        ("site:b", ["ledger-1", "etcd-1"]),
    ],
)
def test_a_selector_names_these_nodes(selector: str, expected: list[str]) -> None:
    """Each form of the grammar names exactly the nodes that it says."""
    assert names(selector) == expected


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("ledgre", r"no group or node 'ledgre'\. Did you mean ledger"),
        ("ledgre:primary", r"no group 'ledgre'\. Did you mean ledger"),
        ("ledger-1:primary", r"no group 'ledger-1'"),
        ("ledger:primry", r"no role 'primry'\. Did you mean primary"),
        ("ledger:leader", r"the group ledger has no role 'leader'"),
        ("edge:primary", r"x-harness\.groups\.edge\.role"),
        ("site:c", r"no site 'c'\. There is a, b"),
        ("edge:minority", r"1 nodes have no minority"),
        ("", "not a selector"),
        ("a:b:c", "not a selector"),
        ("ledger:replica:two", "group:role:one"),
        ("ledger:one:one", "not a selector"),
        ("ledger:replica:one:one", "not a selector"),
        ("site:a:one", "not a selector"),
        ("ledger:primry:one", r"no role 'primry'\. Did you mean primary"),
        ("ledger:", "not a selector"),
        ("ledger primary", "not a selector"),
    ],
)
def test_a_selector_that_names_nothing_says_why(selector: str, said: str) -> None:
    """What the stack does not have is one error with the near miss or the mend; no node is asked."""

    def nobody_is_asked(node: Node) -> str | None:
        raise AssertionError(node)

    with pytest.raises(SelectorError, match=said):
        resolve(selector, NODES, nobody_is_asked, rng=Random(1), roles=ROLES)


def test_one_of_a_role_is_one_of_its_players() -> None:
    """The seed decides which, and reaches each of them; of a role with one player it is that one."""
    assert {tuple(names("ledger:replica:one", seed=seed)) for seed in range(40)} == {
        ("ledger-0",),
        ("ledger-1",),
    }
    assert names("ledger:primary:one") == ["ledger-2"]
    with pytest.raises(RoleUnknown, match="no node is leader now"):
        names("etcd:leader:one", now={})


def test_a_role_that_nobody_plays_now() -> None:
    """A known role without a player is RoleUnknown, and says what each node is instead."""
    with pytest.raises(RoleUnknown, match="ledger-0: replica, ledger-1: no answer, ledger-2: replica"):
        names("ledger:primary", now={"ledger-0": "replica", "ledger-2": "replica"})


@given(st.text(max_size=30))
def test_any_text_parses_or_is_refused(text: str) -> None:
    """No text makes the parser do anything but give a selector that prints as it was, or refuse."""
    try:
        selector = parse_selector(text)
    except SelectorError:
        return
    assert str(selector) == text


@given(
    kind=st.sampled_from(list(Kind)),
    name=WORDS.filter("site".__ne__),
    role=WORDS.filter(lambda w: w not in set(Kind)),
    one=st.booleans(),
)
def test_a_selector_survives_printing(kind: Kind, name: str, role: str, one: bool) -> None:
    """What is printed is read back as the same selector."""
    asks = kind is Kind.ROLE
    selector = Selector(kind, name, role if asks else None, one=asks and one)
    assert parse_selector(str(selector)) == selector


@given(count=st.integers(3, 12), seed=st.integers(), shuffled=st.randoms())
def test_minority_majority_and_one(count: int, seed: int, shuffled: Random) -> None:
    """They split the group: less than half, the rest, and one of the fewer; the same for any order given."""
    nodes = list(group_of(count))
    few, many, one = (set(names(f"ledger:{k}", nodes, seed)) for k in ("minority", "majority", "one"))
    assert len(few) == (count - 1) // 2
    assert len(many) > count / 2
    assert few | many == {node.name for node in nodes}
    assert not few & many
    assert len(one) == 1
    assert one <= few
    shuffled.shuffle(nodes)
    assert set(names("ledger:minority", nodes, seed)) == few


def test_the_seed_decides() -> None:
    """Different seeds reach every node in the end."""
    assert {names("ledger:one", seed=seed)[0] for seed in range(40)} == {"ledger-0", "ledger-1", "ledger-2"}


@given(st.dictionaries(st.sampled_from([n.name for n in NODES[:3]]), st.sampled_from(ROLES["ledger"])))
def test_a_role_names_exactly_its_players(now: dict[str, str]) -> None:
    """Whatever each node is, a role selector names those that play it and no other."""
    for role in ROLES["ledger"]:
        players = [name for name in ("ledger-0", "ledger-1", "ledger-2") if plays(role, now.get(name))]
        if players:
            assert names(f"ledger:{role}", now=now) == players
        else:
            with pytest.raises(RoleUnknown):
                names(f"ledger:{role}", now=now)


def test_checking_asks_for_no_role() -> None:
    """A selector is checked before anything runs, for every group of the stack."""
    for text in ("ledger:primary", "etcd:one", "site:a", "edge"):
        check_selector(parse_selector(text), NODES, ROLES)
    with pytest.raises(SelectorError):
        check_selector(parse_selector("etcd:primary"), NODES, ROLES)
