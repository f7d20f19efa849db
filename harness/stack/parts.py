"""The parts of a stack: what it is brought up with only when an experiment harms it.

A fault names those that it needs in its class attribute ``parts`` (:func:`harness.faults.base.parts_of`); by hand they
are options of ``harness up``. A container's label ``harness.PART`` says whether the stack is up with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from harness.errors import StackModelError
from harness.stack.model import StackModel

__all__ = ["PARTS", "Part", "beside", "check_parts", "known_parts", "parts_that_are_up"]


@dataclass(frozen=True, slots=True)
class Part:
    """One of them.

    Attributes:
        words: for people.
        need: raises StackModelError when x-harness does not say what it needs.
    """

    words: str
    need: Callable[[StackModel], object]


PARTS: Mapping[str, Part] = {
    "disks": Part("breakable disks", StackModel.need_disks),
    "mirrors": Part("mirrors", StackModel.need_disks),
    "clocks": Part("skewable clocks", StackModel.need_clocks),
}
_EITHER = frozenset({"disks", "mirrors"})
"""Two kinds of the same volumes: XFS that can be shut down, and btrfs over two devices of which one can be lost."""


def known_parts(names: Iterable[str]) -> frozenset[str]:
    """Those names.

    Raises:
        StackModelError: one of them is no part's, or two of them cannot be together.
    """
    parts = frozenset(names)
    for name in sorted(parts - PARTS.keys()):
        raise StackModelError(
            "a stack has no part of this name", where=repr(name), mend=f"There are: {', '.join(PARTS)}"
        )
    if parts >= _EITHER:
        raise StackModelError(
            "a stack has its volumes on disks or on mirrors, never on both",
            where=" and ".join(sorted(_EITHER)),
            mend="What needs the one and what needs the other are two experiments",
        )
    return parts


def beside(needed: frozenset[str], others: Iterable[str]) -> frozenset[str]:
    """What is needed, and of the others what a stack can have besides: disks, not mirrors, when neither is needed."""
    unwanted = (_EITHER - needed) if needed & _EITHER else frozenset({"mirrors"})
    return needed | (frozenset(others) - unwanted)


def check_parts(names: Iterable[str], model: StackModel) -> frozenset[str]:
    """Those names, of parts that this stack can have.

    Raises:
        StackModelError: one of them is no part's, or x-harness does not say what it needs.
    """
    parts = known_parts(names)
    for name in sorted(parts):
        PARTS[name].need(model)
    return parts


def parts_that_are_up(state: Mapping[str, object]) -> frozenset[str]:
    """What a stack is up with, by what the harness kept about it.

    One that an older harness brought up has a key ``disks`` and a key ``clocks`` instead of ``parts``.

    Raises:
        StackModelError: it is up with a part that this harness does not know.
    """
    kept = state.get("parts")
    names = kept if isinstance(kept, list) else [name for name in PARTS if state.get(name)]
    return known_parts(names)
