"""Reads a locustfile: which users it has, and whether they keep a schedule."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from locust import User

from harness.errors import UsageError
from harness.load.child.api import OpenUser, kinds_of

__all__ = ["LocustfileError", "Users", "load_users"]


class LocustfileError(UsageError):
    """A locustfile that cannot be a load."""


@dataclass(frozen=True, slots=True)
class Users:
    """The user classes of a locustfile.

    Attributes:
        classes: one OpenUser, or any number of Locust's ordinary users.
        scheduled: whether it is an OpenUser: its operations arrive by a schedule.
    """

    classes: tuple[type[User], ...]
    scheduled: bool


def load_users(path: Path) -> Users:
    """Import a locustfile.

    Raises:
        LocustfileError: it fails to import, has no users, or one OpenUser and others besides it.
    """
    own = tuple(kind for kind in vars(_import(path)).values() if _is_user(kind))
    if not own:
        mend = "Write a class with OpenUser, or one with HttpUser and tasks"
        raise LocustfileError("there is no user class", where=str(path), mend=mend)
    scheduled = [kind for kind in own if issubclass(kind, OpenUser)]
    if scheduled and len(own) > 1:
        names = ", ".join(kind.__name__ for kind in own)
        raise LocustfileError(f"one OpenUser is the whole load, but there are {names}", where=str(path))
    if scheduled and not kinds_of(scheduled[0]):
        mend = "Mark at least one method with @operation(weight=..., write=...)"
        raise LocustfileError(f"{own[0].__name__} has no operation", where=str(path), mend=mend)
    return Users(own, bool(scheduled))


def _is_user(kind: Any) -> bool:
    """What Locust itself takes for a runnable user."""
    return isinstance(kind, type) and issubclass(kind, User) and not kind.__dict__.get("abstract", False)


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("locustfile", path)
    if spec is None or spec.loader is None:
        raise LocustfileError("this is not a Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules["locustfile"] = module
    # As Locust itself does: a locustfile imports what stands beside it.
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise LocustfileError(
            f"it fails to import: {type(error).__name__}: {error}", where=str(path)
        ) from error
    finally:
        sys.path.pop(0)
    return module
