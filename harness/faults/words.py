"""What a fault says of itself, from its own docstrings: the source of its entry in docs/faults.md."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from harness.errors import ExperimentError
from harness.faults.base import Fault

__all__ = ["Words", "words_of"]

_SECTION = re.compile(r"^(Heals|Recovery): (.+)", re.DOTALL)
_FIELD = re.compile(r"^    (\w+): (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is told of one fault.

    Attributes:
        call: how an experiment writes it, with its defaults: ``Stop(on, timeout_s=10.0)``.
        shapes: other ways to make it, by call, each with what it does.
        effect: what it does.
        fields: each field with its meaning and its unit.
        evidence: what the agent sees of it.
        heals: how it is undone.
        recovery: what brings the stack back: the strategy that an experiment with it tries.
        needs: the kernel features that it needs of the host, by the names of `harness doctor`.
        instant, destroys: as the class has them.
    """

    call: str
    shapes: Mapping[str, str]
    effect: str
    fields: Mapping[str, str]
    evidence: str
    heals: str
    recovery: str
    needs: tuple[str, ...]
    instant: bool
    destroys: bool


def words_of(fault: type[Fault]) -> Words:
    """Read them.

    Raises:
        ExperimentError: a docstring lacks a part; the error names it and says where it is to be written.
    """
    text, _, attributes = (inspect.getdoc(fault) or "").partition("\n\nAttributes:\n")
    paragraphs = [_joined(paragraph) for paragraph in text.split("\n\n")]
    sections = {found[1]: found[2] for each in paragraphs if (found := _SECTION.match(each))}
    evidence = _joined(inspect.getdoc(fault.plan) or "").partition("Evidence: ")[2]
    described = _attributes(attributes)
    lacks = [f"'{name}: ...' in its docstring" for name in ("Heals", "Recovery") if name not in sections]
    lacks += [] if evidence else ["'Evidence: ...' in the docstring of its plan"]
    lacks += [f"its field {name}" for name in _fields(fault) if name not in described]
    if lacks:
        raise ExperimentError(f"{fault.__name__} does not describe itself: it lacks {', '.join(lacks)}")
    return Words(
        call=f"{fault.__name__}({', '.join(_fields(fault).values())})",
        shapes=_shapes(fault),
        effect=" ".join(each for each in paragraphs if not _SECTION.match(each)),
        fields={name: described[name] for name in _fields(fault)},
        evidence=_sentence(evidence),
        heals=sections["Heals"],
        recovery=sections["Recovery"],
        needs=getattr(fault, "needs", ()),
        instant=fault.instant,
        destroys=fault.destroys,
    )


def _fields(fault: Any) -> dict[str, str]:
    """Each field as an experiment writes it."""
    return {
        each.name: each.name if each.default is MISSING else f"{each.name}={_literal(each.default)}"
        for each in fields(fault)
    }


def _literal(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value).replace("'", '"')


def _attributes(text: str) -> dict[str, str]:
    """The lines of an ``Attributes:`` section; a line that is deeper goes on with the one before."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if match := _FIELD.match(line):
            name = match[1]
            found[name] = match[2]
        elif name and line.strip():
            found[name] += f" {line.strip()}"
    return found


def _shapes(fault: type[Fault]) -> dict[str, str]:
    """The class methods that make one."""
    made = {}
    for name, member in vars(fault).items():
        if isinstance(member, classmethod) and not name.startswith("_"):
            parameters = list(inspect.signature(getattr(fault, name)).parameters.values())
            arguments = [
                p.name if p.default is p.empty else f"{p.name}={_literal(p.default)}" for p in parameters
            ]
            made[f"{fault.__name__}.{name}({', '.join(arguments)})"] = _joined(inspect.getdoc(member) or "")
    return made


def _joined(text: str) -> str:
    return " ".join(text.split())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
