"""When the images must be built again: a stamp over their build contexts saves seconds at every start."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import StackModelError

__all__ = ["build_stamp", "images_of"]

_PASSED_OVER = frozenset({".git", ".harness", ".venv", "__pycache__", "runs", "node_modules"})
"""Folders whose files change without a change of the image; the state of the harness is one."""


def images_of(config: Mapping[str, Any], project: str) -> dict[str, Mapping[str, Any]]:
    """The images that are built: name -> its ``build`` in Compose's merged files."""
    return {
        service.get("image") or f"{project}-{name}": service["build"]
        for name, service in config["services"].items()
        if service.get("build")
    }


def build_stamp(
    config: Mapping[str, Any], project: str, image_id: Callable[[str], str | None]
) -> dict[str, Any] | None:
    """What the images were made from and which they are; None when one of them does not exist.

    Args:
        config: Compose's merged files.
        project: the Compose project.
        image_id: an image's id by its name, None when it does not exist.

    Raises:
        StackModelError: a build context is missing.
    """
    images = images_of(config, project)
    ids = {name: image_id(name) for name in images}
    if None in ids.values():
        return None
    contexts = {build["context"] for build in images.values()} | {
        str(extra) for build in images.values() for extra in (build.get("additional_contexts") or {}).values()
    }
    return {
        "ids": ids,
        "builds": hashlib.sha256(json.dumps(images, sort_keys=True).encode()).hexdigest(),
        "contexts": {context: _digest(context) for context in sorted(contexts)},
    }


def _digest(context: str) -> str:
    if "://" in context:
        return context
    root = Path(context)
    if not root.is_dir():
        raise StackModelError(
            "the build context is not a folder", where=context, mend="Correct build.context"
        )
    digest = hashlib.sha256()
    for file in _files(root):
        digest.update(f"{file.relative_to(root)}\0{file.lstat().st_mode}\0".encode())
        digest.update(str(file.readlink()).encode() if file.is_symlink() else file.read_bytes())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(set(folders) - _PASSED_OVER)
        yield from (Path(folder, name) for name in sorted(files))
