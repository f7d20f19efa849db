"""What each shape of a partition cuts, for groups of every size."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_scenes import MadeScene

from harness.errors import ExperimentError, UnsupportedFault
from harness.faults.catalogue import Isolate, Partition

SIZES = st.integers(min_value=2, max_value=9)


def cut_pairs(fault, scene):
    """The ordered pairs of node names that a fault cuts."""
    (step,) = fault.plan(scene).inject
    names = {node.container: node.name for node in scene.nodes}
    return {(names[source], names[target]) for source, target in step["pairs"]}


def reached(name, pairs, names):
    """The nodes that one still reaches both ways, itself among them."""
    return {other for other in names if (name, other) not in pairs and (other, name) not in pairs}


def components(pairs, names):
    """The sets of nodes that still reach each other, over whatever hops."""
    left, found = set(names), []
    while left:
        group, edge = set(), {left.pop()}
        while edge:
            group |= edge
            edge = set().union(*(reached(name, pairs, names) for name in edge)) - group
        left -= group
        found.append(group)
    return found


def symmetric(pairs):
    """Whether every cut is cut in both directions."""
    return all((target, source) in pairs for source, target in pairs)


@given(SIZES)
def test_halves_leaves_a_majority_and_a_minority(count):
    """Halves makes exactly two sides that differ by as little as can be, the larger one a majority."""
    scene = MadeScene({"ledger": count})
    pairs = cut_pairs(Partition.halves("ledger"), scene)
    sides = sorted(components(pairs, [n.name for n in scene.nodes]), key=len)
    assert symmetric(pairs)
    assert [len(side) for side in sides] == sorted(
        [max((count - 1) // 2, 1), count - max((count - 1) // 2, 1)]
    )


@given(SIZES)
def test_one_leaves_one_alone(count):
    """One cuts a single node from all the others and nothing else."""
    scene = MadeScene({"ledger": count})
    pairs = cut_pairs(Partition.one("ledger"), scene)
    alone = {"ledger-" + str(count)}
    assert pairs == {
        p
        for p in itertools.permutations([n.name for n in scene.nodes], 2)
        if (p[0] in alone) != (p[1] in alone)
    }


@given(st.integers(min_value=3, max_value=9))
def test_bridge_is_the_only_way_across(count):
    """With the bridge all nodes are joined; without it there are two sides as equal as can be."""
    scene = MadeScene({"ledger": count})
    names = [n.name for n in scene.nodes]
    pairs = cut_pairs(Partition.bridge("ledger"), scene)
    bridges = [name for name in names if reached(name, pairs, names) == set(names)]
    assert symmetric(pairs)
    assert len(bridges) == 1
    assert len(components(pairs, names)) == 1
    sides = components(pairs, [name for name in names if name not in bridges])
    assert sorted(map(len, sides)) == [(count - 1) // 2, count - 1 - (count - 1) // 2]


@given(st.integers(min_value=5, max_value=11))
def test_majority_ring_shows_each_node_its_own_majority(count):
    """Every node reaches a majority, and no two reach the same set."""
    scene = MadeScene({"etcd": count})
    names = [n.name for n in scene.nodes]
    pairs = cut_pairs(Partition.majority_ring("etcd"), scene)
    views = [frozenset(reached(name, pairs, names)) for name in names]
    assert symmetric(pairs)
    assert all(len(view) > count / 2 for view in views)
    assert len(set(views)) == count


@pytest.mark.parametrize("count", [2, 3, 4])
def test_majority_ring_is_refused_below_five_nodes(count):
    """A ring of so few has no two different majorities; the error says how many nodes it needs."""
    with pytest.raises(UnsupportedFault, match=r"a majority ring needs at least 5 nodes, and there are \d"):
        Partition.majority_ring("etcd").plan(MadeScene({"etcd": count}))


def test_bridge_is_refused_below_three_nodes():
    """Two nodes have no bridge between them."""
    with pytest.raises(UnsupportedFault, match="a bridge needs at least 3 nodes"):
        Partition.bridge("etcd").plan(MadeScene({"etcd": 2}))


@given(st.booleans())
def test_between_leaves_out_of_b_what_is_in_a(one_way):
    """A node that both selectors name belongs to the first side, and is not cut from itself."""
    scene = MadeScene({"ledger": 3}, {"ledger:primary": ["ledger-2"]})
    pairs = cut_pairs(Partition.between("ledger:primary", "ledger", one_way=one_way), scene)
    out = {("ledger-2", "ledger-1"), ("ledger-2", "ledger-3")}
    assert pairs == (out if one_way else out | {pair[::-1] for pair in out})


def test_between_the_same_nodes_is_refused():
    """A cut that would cut nothing is an error, not a fault without effect."""
    with pytest.raises(UnsupportedFault, match="there is nothing to cut"):
        Partition.between("ledger", "ledger").plan(MadeScene({"ledger": 3}))


@given(st.integers(min_value=1, max_value=3), st.integers(min_value=1, max_value=4))
def test_isolate_cuts_from_every_other_node(ledgers, others):
    """Isolated nodes reach nobody, each other neither, and everybody else is left alone."""
    scene = MadeScene({"ledger": ledgers, "payments": others})
    pairs = cut_pairs(Isolate("ledger"), scene)
    names = [n.name for n in scene.nodes]
    for name in names:
        kept = {name} if name.startswith("ledger") else {n for n in names if n.startswith("payments")}
        assert reached(name, pairs, names) == kept


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sides", "ledger"), "no shape 'sides'"),
        (("halves", "ledger", "etcd"), "takes one selector"),
        (("between", "ledger"), "takes two selector"),
        (("bridge", "ledger", None, True), "one_way needs two sides"),
        (("halves", "ledger:primary"), "divides a whole group"),
    ],
)
def test_a_partition_that_makes_no_sense_is_refused_when_made(arguments, message):
    """The experiment file fails where the mistake stands, before anything is touched."""
    with pytest.raises(ExperimentError, match=message):
        Partition(*arguments)
