"""Reads a locustfile: which users it has, and whether they keep a schedule."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from locust import User

from harness.errors import LoadError
from harness.load.child.api import OpenUser

__all__ = ["Users", "load_users"]


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
        LoadError: it fails to import, has no users, or has several that keep a schedule.
    """
    module = _import(path)
    own = [kind for _, kind in inspect.getmembers(module, inspect.isclass) if _is_user(kind)]
    scheduled = [kind for kind in own if issubclass(kind, OpenUser)]
    if len(scheduled) > 1 or (scheduled and len(own) > 1):
        names = ", ".join(kind.__name__ for kind in own)
        raise LoadError(f"one OpenUser is the whole load, but there are {names}", where=str(path))
    if not own:
        raise LoadError(
            "there is no user class", where=str(path), mend="Write a class UserName(OpenUser), or an HttpUser with tasks"
        )
    return Users(tuple(own), bool(scheduled))


def _is_user(kind: type) -> bool:
    return issubclass(kind, User) and not kind.__dict__.get("abstract", False) and kind.__module__ == "locustfile"


def _import(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("locustfile", path)
    if spec is None or spec.loader is None:
        raise LoadError("this is not a Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules["locustfile"] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise LoadError(f"it fails to import: {type(error).__name__}: {error}", where=str(path)) from error
    return module
