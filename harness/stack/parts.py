"""The parts of a stack: what it is brought up with only when an experiment harms it.

A fault names those that it needs in its class attribute ``parts`` (:func:`harness.faults.base.parts_of`); by hand they
are options of ``harness up``. A container's label ``harness.PART`` says whether the stack is up with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from harness.errors import StackModelError
from harness.stack.model import StackModel

__all__ = ["PARTS", "Part", "beside", "check_parts", "known_parts", "parts_that_are_up", "turn_of"]


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
    "paths": Part("paths that can fail", StackModel.need_paths),
}
_KINDS = ("disks", "mirrors", "paths")
"""Kinds of the same volumes, of which a stack has one: XFS that can be shut down, btrfs over two devices of which one
can be lost, and a pass-through over whatever is there, which would hide a disk from who breaks it."""


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
    if len(kinds := parts.intersection(_KINDS)) > 1:
        raise StackModelError(
            "a stack has its volumes on disks, on mirrors or under a pass-through, never two of them",
            where=" and ".join(sorted(kinds)),
            mend="What needs the one and what needs the other are two experiments",
        )
    return parts


def beside(needed: frozenset[str], others: Iterable[str]) -> frozenset[str]:
    """What is needed, and of the others what a stack can have besides: of the volumes, disks when nothing is needed."""
    kept = needed.intersection(_KINDS) or {"disks"}
    return needed | (frozenset(others) - (frozenset(_KINDS) - kept))


def turn_of(parts: frozenset[str]) -> int:
    """When an experiment that needs these has its turn in a pytest session: one kind of volumes after the other."""
    return max((_KINDS.index(kind) for kind in parts.intersection(_KINDS)), default=0)


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
