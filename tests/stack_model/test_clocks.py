"""Clocks that can be skewed: which services start with them. No engine is asked."""

from __future__ import annotations

import pytest

from harness import ClockSkew, Experiment, Injection, Rto
from harness.errors import StackModelError
from harness.stack import compose
from harness.stack.clocks import override
from harness.stack.compose import Stack
from harness.stack.files import stack_files
from harness.stack.model import load_model

SECTION = """\
x-harness:
  groups: {ledger: {nodes: [ledger-1, ledger-2, ledger-3]}}
  clocks: [ledger]
"""


def test_every_service_of_the_group_starts_with_the_library(stack_folder) -> None:
    """And says where its offset is; no other service does."""
    services = load_model(stack_files(stack_folder(SECTION))).need_clocks()
    assert services == ("ledger-1", "ledger-2", "ledger-3")
    made = override(services)["services"]
    assert set(made) == set(services)
    for service in made.values():
        assert service["labels"]["harness.clock"] == service["environment"]["FAKETIME_TIMESTAMP_FILE"]
        assert service["environment"]["LD_PRELOAD"].startswith("/usr/$$LIB/")


@pytest.mark.parametrize(
    ("section", "said"),
    [("clocks: [leger]", "there is no group 'leger'"), ("clocks: [edge, edge]", "edge.*twice")],
)
def test_a_mistake_is_named(stack_folder, section: str, said: str) -> None:
    """An unknown group, and one that is there twice."""
    with pytest.raises(StackModelError, match=said):
        load_model(stack_files(stack_folder(f"x-harness:\n  {section}\n")))


def test_clocks_that_the_stack_does_not_name_are_refused(stack_folder) -> None:
    """Before anything is touched, with the key to add."""
    with pytest.raises(StackModelError, match=r"x-harness\.clocks"):
        Stack.load(stack_folder(), parts=["clocks"])


def test_clocks_are_part_of_what_a_stack_is_up_with(stack_folder) -> None:
    """So a stack whose database runs without a preloaded library stays so until a run skews its clock."""
    folder = stack_folder(SECTION)
    marks = [Stack.load(folder, parts=parts)._marks for parts in ((), ("clocks",))]
    assert marks[0] != marks[1]
    assert compose._identity_words(marks[1]) == "no variant, no profile, skewable clocks"
    assert "clocks" not in compose._identity_words(marks[0])


def test_an_experiment_with_a_skew_needs_them() -> None:
    """By the fault's own word."""
    injections = [Injection(ClockSkew("ledger-1", 300), at_s=10, for_s=5)]
    assert Experiment(hypothesis="h", expect=[Rto(max_s=1)], injections=injections).parts == {"clocks"}
