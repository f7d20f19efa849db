"""The parts of a stack: what it is brought up with only when an experiment harms it.

A fault names those that it needs in its class attribute ``parts`` (:func:`harness.faults.base.parts_of`); by hand they
are options of ``harness up``. A container's label ``harness.PART`` says whether the stack is up with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from harness.errors import StackModelError
from harness.stack.model import StackModel

__all__ = ["PARTS", "Part", "check_parts", "known_parts", "parts_that_are_up", "stands_apart"]


@dataclass(frozen=True, slots=True)
class Part:
    """One of them.

    Attributes:
        words: for people.
        need: raises StackModelError when x-harness does not say what it needs.
        apart: experiments that need it share no stack with others in a pytest session: it would be in their way.
    """

    words: str
    need: Callable[[StackModel], object]
    apart: bool = False


PARTS: Mapping[str, Part] = {
    "disks": Part("breakable disks", StackModel.need_disks),
    "clocks": Part("skewable clocks", StackModel.need_clocks),
    "paths": Part("paths that can fail", StackModel.need_paths, apart=True),
}


def known_parts(names: Iterable[str]) -> frozenset[str]:
    """Those names.

    Raises:
        StackModelError: one of them is no part's.
    """
    parts = frozenset(names)
    for name in sorted(parts - PARTS.keys()):
        raise StackModelError(
            "a stack has no part of this name", where=repr(name), mend=f"There are: {', '.join(PARTS)}"
        )
    return parts


def check_parts(names: Iterable[str], model: StackModel) -> frozenset[str]:
    """Those names, of parts that this stack can have.

    Raises:
        StackModelError: one of them is no part's, x-harness does not say what it needs, or two exclude each other.
    """
    parts = known_parts(names)
    for name in sorted(parts):
        PARTS[name].need(model)
    if {"disks", "paths"} <= parts and (both := model.paths.keys() & model.disks.keys()):
        raise StackModelError(
            f"in one run the volume of {min(both)} cannot both lie on a breakable disk and have paths that fail",
            where=str(model.file),
            mend="Make two experiments of it",
        )
    return parts


def stands_apart(names: Iterable[str]) -> bool:
    """Whether an experiment that needs these has a stack of its own in a pytest session."""
    return any(PARTS[name].apart for name in names)


def parts_that_are_up(state: Mapping[str, object]) -> frozenset[str]:
    """What a stack is up with, by what the harness kept about it.

    One that an older harness brought up has a key ``disks`` and a key ``clocks`` instead of ``parts``.

    Raises:
        StackModelError: it is up with a part that this harness does not know.
    """
    kept = state.get("parts")
    names = kept if isinstance(kept, list) else [name for name in PARTS if state.get(name)]
    return known_parts(names)
