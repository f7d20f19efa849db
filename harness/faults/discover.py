"""Finds every fault: whatever a module of this package makes public that can be planned."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import is_dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeGuard

from harness.faults.base import Fault

__all__ = ["discover"]

_NOT_FAULTS = ("__main__", "catalogue")
"""The one would run, and the other is written from what is found."""


def discover() -> Mapping[str, type[Fault]]:
    """Each fault's name -> its class, by name."""
    modules = [
        import_module(f"harness.faults.{found.name}")
        for found in pkgutil.iter_modules([str(Path(__file__).parent)])
        if found.name not in _NOT_FAULTS
    ]
    return dict(sorted((fault.__name__, fault) for module in modules for fault in _in(module)))


def _in(module: ModuleType) -> list[type[Fault]]:
    public = (getattr(module, name) for name in getattr(module, "__all__", ()))
    return [each for each in public if _is_fault(each)]


def _is_fault(each: object) -> TypeGuard[type[Fault]]:
    return isinstance(each, type) and is_dataclass(each) and hasattr(each, "plan")
