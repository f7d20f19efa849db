"""A YAML file with the line of every key in it, so that an error can say where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from harness.errors import StackModelError

__all__ = ["Source", "read_source"]

Key = str | int


class _Loader(yaml.SafeLoader):
    """YAML as Compose reads it: its own tags ``!reset`` and ``!override`` do not stop the reading."""


def _construct_tagged(loader: _Loader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _construct_tagged)


@dataclass(frozen=True, slots=True)
class Source:
    """One YAML file, as data and as the tree that knows the lines.

    Attributes:
        file: where it was read.
        data: the whole document, a mapping.
    """

    file: Path
    data: dict[str, Any]
    _root: yaml.Node | None

    def line(self, path: tuple[Key, ...]) -> int:
        """The line (from 1) of the deepest key of ``path`` that the file has."""
        node, line = self._root, 1
        for key in path:
            found = _step(node, key)
            if found is None:
                break
            node, line = found
        return line

    def error(self, path: tuple[Key, ...], what: str, mend: str | None = None) -> StackModelError:
        """An error that names the place of ``path`` in this file."""
        return StackModelError(what, where=f"{self.file}:{self.line(path)}", mend=mend)


def _step(node: yaml.Node | None, key: Key) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return value, int(name.start_mark.line) + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        item = node.value[key]
        return item, int(item.start_mark.line) + 1
    return None


def read_source(file: Path) -> Source:
    """Read one YAML file whose document is a mapping (or empty).

    Raises:
        StackModelError: the file is missing, is not YAML, or says one key twice inside x-harness.
    """
    try:
        loader = _Loader(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise StackModelError(f"the Compose file cannot be read: {reason}", where=str(file)) from error
    except yaml.YAMLError as error:
        raise _not_yaml(file, error) from error
    try:
        root = loader.get_single_node()
        data = loader.construct_document(root) if root is not None else {}
    except yaml.YAMLError as error:
        raise _not_yaml(file, error) from error
    finally:
        loader.dispose()
    if not isinstance(data, dict):
        raise StackModelError("the file is not a mapping of keys", where=f"{file}:1")
    source = Source(file, data, root)
    _refuse_twins(source)
    return source


def _not_yaml(file: Path, error: yaml.YAMLError) -> StackModelError:
    mark = getattr(error, "problem_mark", None)
    place = f"{file}:{mark.line + 1}" if mark else str(file)
    problem = getattr(error, "problem", None) or str(error)
    return StackModelError(f"this is not YAML: {problem}", where=place)


def _refuse_twins(source: Source) -> None:
    """Python's YAML takes the last of two equal keys in silence; in x-harness that hides a mistake."""
    found = _step(source._root, "x-harness")  # noqa: SLF001  # the same file's class
    pending = [found[0]] if found else []
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.SequenceNode):
            pending.extend(node.value)
        if isinstance(node, yaml.MappingNode):
            _refuse_twin_keys(source.file, node)
            pending.extend(value for _, value in node.value)


def _refuse_twin_keys(file: Path, node: yaml.MappingNode) -> None:
    seen: dict[str, int] = {}
    for name, _ in node.value:
        line = name.start_mark.line + 1
        if name.value in seen:
            raise StackModelError(
                f"the key {name.value!r} stands twice, first in line {seen[name.value]}",
                where=f"{file}:{line}",
                mend="Keep one of them",
            )
        seen[name.value] = line
