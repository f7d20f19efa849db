"""The files that are written from the faults: docs/faults.md's catalogue, and the lists of their names.

So a new fault is its own file, its tests, and ``python -m harness.faults``.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.faults.base import Fault
from harness.faults.words import Words, words_of

__all__ = ["catalogue", "generated", "page", "public_names"]

_BEGIN, _END = "<!-- made by python -m harness.faults; do not edit -->", "<!-- end -->"
_CATALOGUE = "harness.faults.catalogue"
_WIDTH = 120

_Faults = Mapping[str, type[Fault]]


def generated(root: Path, faults: _Faults) -> dict[Path, str]:
    """Each file with the text that it must have; what people wrote in it stays.

    Args:
        root: the checkout.
        faults: every fault, by name.
    """
    files = {
        root / "docs" / "faults.md": page,
        root / "harness" / "faults" / "catalogue.py": catalogue,
        root / "harness" / "__init__.py": public_names,
    }
    return {path: write(path.read_text(encoding="utf-8"), faults) for path, write in files.items()}


def page(before: str, faults: _Faults) -> str:
    """The document with the catalogue between its two marks made anew."""
    words = {name: words_of(fault) for name, fault in faults.items()}
    head, _, rest = before.partition(_BEGIN)
    return head + "\n".join([_BEGIN, "", *_table(words), *_entries(words), _END]) + rest.partition(_END)[2]


def _table(words: Mapping[str, Words]) -> Iterable[str]:
    yield "| fault | what it does | lasts | destroys | needs of the host |"
    yield "|---|---|---|---|---|"
    for name, each in words.items():
        lasts, destroys = "a moment" if each.instant else "yes", "yes" if each.destroys else "no"
        effect = _cell(each.effect.partition(". ")[0].removesuffix("."))
        yield f"| [{name}](#{name.lower()}) | {effect} | {lasts} | {destroys} | {_needs(each)} |"
    yield ""


def _entries(words: Mapping[str, Words]) -> Iterable[str]:
    for name, each in words.items():
        yield f"### {name}\n"
        yield f"`{each.call}`\n"
        yield from (_item(f"`{call}`: {what}") for call, what in each.shapes.items())
        yield ("\n" if each.shapes else "") + f"{_prose(each.effect)}\n"
        yield from (_item(f"`{field}`: {meaning}") for field, meaning in each.fields.items())
        yield _item(f"*Evidence*: {each.evidence}")
        yield _item(f"*Heals*: {each.heals}")
        yield _item(f"*Recovery strategy*: {each.recovery}") + "\n"


def _needs(words: Words) -> str:
    return ", ".join(f"`{feature}`" for feature in words.needs) or "-"


def _cell(text: str) -> str:
    return _prose(text, 10_000).replace("|", "\\|")


def _item(text: str) -> str:
    return textwrap.indent(_prose(text, _WIDTH - 2), "  ").replace("  ", "- ", 1)


def _prose(text: str, width: int = _WIDTH) -> str:
    markdown = text.replace("``", "`")
    return textwrap.fill(markdown, width, break_long_words=False, break_on_hyphens=False)


def catalogue(_before: str, faults: _Faults) -> str:
    """The module that names every fault for people, editors and type checkers."""
    homes = {"Fault": "harness.faults.base"} | {name: fault.__module__ for name, fault in faults.items()}
    imports = sorted(f"from {module} import {name}" for name, module in homes.items())
    return "\n".join(
        [
            '"""Every fault there is, by name. Written by ``python -m harness.faults``: do not edit."""',
            "",
            "from __future__ import annotations",
            "",
            "from collections.abc import Mapping",
            "",
            *imports,
            "",
            "__all__ = [",
            *(f'    "{name}",' for name in ("FAULTS", *faults)),
            "]",
            "",
            "FAULTS: Mapping[str, type[Fault]] = {",
            *(f'    "{name}": {name},' for name in faults),
            "}",
            '"""The fault\'s name, as an experiment writes it -> its class."""',
            "",
        ]
    )


def public_names(before: str, faults: _Faults) -> str:
    """``harness/__init__.py`` with the faults' names in its three lists."""
    imported = rf"(?<=    from {re.escape(_CATALOGUE)} import \(\n)[^)]*?(?=    \)\n)"
    exported = r"(?<=\n__all__ = \[\n)[^\]]*?(?=\]\n)"
    home = rf'(?<=    "{re.escape(_CATALOGUE)}": \(\n)[^)]*?(?=    \),\n)'
    others = _names(exported, before) - _names(imported, before)
    lists = {
        imported: "".join(f"        {name},\n" for name in faults),
        exported: "".join(f'    "{name}",\n' for name in sorted(others | set(faults))),
        home: textwrap.indent(textwrap.fill(" ".join(f'"{name}",' for name in faults), 88), " " * 8) + "\n",
    }
    for place, text in lists.items():
        before = re.sub(place, text, before, count=1)
    return before


def _names(place: str, text: str) -> set[str]:
    found = re.search(place, text)
    return set(re.findall(r"\w+", found[0])) if found else set()
