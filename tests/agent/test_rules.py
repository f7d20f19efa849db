"""The rules as text: whole, separable, and found again by looking."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.agent.program import rules
from harness.agent.program.rules import Drop

IPV4 = st.ip_addresses(v=4).map(str)
IPV6 = st.ip_addresses(v=6).map(str)
DROPS = st.builds(Drop, st.frozensets(IPV4, max_size=4), st.frozensets(IPV4, max_size=4))
NAMES = st.from_regex(r"[a-z0-9/-]{1,40}", fullmatch=True)


def table(script, saved=()):
    """Apply a script to what `iptables-save` shows, as the kernel would; refuses what it would refuse."""
    chains = {line for line in saved if line.startswith(":")}
    kept = [line for line in saved if not line.startswith(":")]
    for line in script.splitlines()[1:-1]:
        verb, _, rest = line.partition(" ")
        if line.startswith(":"):
            chains.add(line)
            kept = [rule for rule in kept if not rule.startswith(f"-A {line[1:].split()[0]} ")]
        elif verb == "-A":
            kept.append(line)
        elif verb == "-I":
            kept.insert(0, f"-A {rest}")
        elif verb == "-D":
            kept.remove(f"-A {rest}")
        elif verb == "-F":
            kept = [rule for rule in kept if not rule.startswith(f"-A {rest} ")]
        elif verb == "-X":
            assert not any(rest in rule for rule in kept), "the chain is in use"
            chains.remove(next(chain for chain in chains if chain.startswith(f":{rest} ")))
    return [*sorted(chains), *kept]


@given(NAMES, DROPS)
def test_removing_leaves_what_was_there(name, drop):
    """After install and remove the table is as it was, to the line."""
    before = [":DOCKER_OUTPUT - [0:0]", "-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT"]
    after = table(rules.remove(name), table(rules.install(name, drop, fresh=True), before))
    assert after == before


@given(NAMES, NAMES, DROPS, DROPS, st.booleans())
def test_two_injections_heal_in_any_order(one, two, first, second, forwards):
    """Each has chains of its own; removing one leaves the other whole."""
    if one == two:
        return
    both = table(rules.install(two, second, fresh=True), table(rules.install(one, first, fresh=True)))
    gone, left, drop = (one, two, second) if forwards else (two, one, first)
    assert table(rules.remove(gone), both) == table(rules.install(left, drop, fresh=True))


@given(NAMES, DROPS, DROPS)
def test_new_addresses_replace_the_old_ones(name, old, new):
    """After a change of addresses the table is as if it had been made with the new ones."""
    changed = table(rules.install(name, new, fresh=False), table(rules.install(name, old, fresh=True)))
    assert changed == table(rules.install(name, new, fresh=True))


@given(NAMES, DROPS)
def test_a_fault_is_found_by_looking_and_cleaned(name, drop):
    """What is in the kernel's table alone tells the injection's name, and how to take it out."""
    before = [":DOCKER_OUTPUT - [0:0]", "-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT"]
    saved = table(rules.install(name, drop, fresh=True), before)
    assert rules.marks("\n".join(saved)) == [f"harness:{name}"]
    assert table(rules.clean("\n".join(saved)), saved) == before
    assert rules.clean("\n".join(before)) == ""


@given(NAMES, DROPS, DROPS)
def test_cleaning_one_leaves_the_others(name, drop, other):
    """A heal by looking takes out its own injection alone."""
    saved = table(rules.install("another", other, fresh=True))
    both = table(rules.install(name + "-x", drop, fresh=True), saved)
    assert table(rules.clean("\n".join(both), rules.chain(name + "-x")), both) == saved


@given(st.lists(IPV4, max_size=3))
def test_containment_is_no_fault(gateways):
    """What keeps the stack from the world is neither reported nor swept as a fault."""
    once = table(rules.containment(gateways, fresh=True))
    assert table(rules.containment(gateways, fresh=False), once) == once
    saved = "\n".join(once)
    assert rules.marks(saved) == []
    assert rules.clean(saved) == ""


@given(NAMES)
def test_the_names_of_chains_are_short_enough(name):
    """The kernel takes at most 28 characters."""
    assert len(rules.chain(name) + "-I") <= 28


@given(st.frozensets(IPV4, max_size=3), st.frozensets(IPV6, max_size=3))
def test_each_address_goes_to_its_own_family(four, six):
    """Nothing is lost between iptables and ip6tables, and neither gets what it cannot read."""
    drop = Drop(four | six, six)
    assert rules.of_family(drop, 4) == Drop(four, frozenset())
    assert rules.of_family(drop, 6) == Drop(six, six)
