"""Experiment files: a docstring and one ``experiment = Experiment(...)`` each."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from harness.errors import ExperimentError
from harness.experiment import Experiment

__all__ = ["experiment_files", "find_experiment", "is_experiment_file", "load_experiment"]


def is_experiment_file(path: Path) -> bool:
    """Whether a Python file assigns ``experiment`` at its top level; nothing is imported."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    targets = [
        node.targets if isinstance(node, ast.Assign) else [node.target]
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
    ]
    return any(isinstance(name, ast.Name) and name.id == "experiment" for group in targets for name in group)


def experiment_files(folders: Iterable[Path]) -> list[Path]:
    """The Python files in these folders that could hold an experiment, by name.

    Every ``.py`` file counts whose name does not begin with ``_``: a file in the experiments folder
    that assigns none is an error when it is loaded, not silence.
    """
    found = {path for folder in folders for path in folder.glob("*.py") if _holds_experiment(path)}
    return sorted(found, key=lambda path: path.name)


def _holds_experiment(path: Path) -> bool:
    return not path.name.startswith(("_", "conftest", "test_"))


def load_experiment(path: Path) -> Experiment:
    """Import one file and return its experiment, named by the file.

    Raises:
        ExperimentError: the file is missing, fails to import, or holds no experiment.
    """
    if not path.is_file():
        raise ExperimentError("there is no such experiment file", where=str(path))
    # A name of its own: two files of one name in two folders must not share a module.
    name = f"harness_experiment_{path.stem}_{abs(hash(str(path.resolve()))):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ExperimentError("this is not a Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ExperimentError(_reason(error), where=_place(path, error)) from error
    finally:
        sys.modules.pop(name, None)
    experiment = getattr(module, "experiment", None)
    if not isinstance(experiment, Experiment):
        raise ExperimentError(
            "the file assigns no Experiment to the name 'experiment'",
            where=str(path),
            mend="Write experiment = Experiment(hypothesis=..., expect=[...])",
        )
    return experiment.named(path.stem, (module.__doc__ or "").strip())


def _reason(error: Exception) -> str:
    if isinstance(error, ExperimentError):
        return f"{error.what}. {error.mend}" if error.mend else error.what
    return f"{type(error).__name__}: {error}"


def _place(path: Path, error: Exception) -> str:
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    line = error.lineno if isinstance(error, SyntaxError) else (lines[-1] if lines else None)
    return f"{path}:{line}" if line else str(path)


def find_experiment(name: str, folders: Iterable[Path]) -> Path:
    """The file of an experiment, by its name or its path.

    Raises:
        ExperimentError: no such experiment; the nearest names are given.
    """
    direct = Path(name)
    if direct.suffix == ".py":
        if direct.is_file():
            return direct
        raise ExperimentError("there is no such experiment file", where=name)
    folders = list(folders)
    files = {path.stem: path for path in experiment_files(folders)}
    if name in files:
        return files[name]
    near = difflib.get_close_matches(name, files, n=3, cutoff=0.5)
    where = ", ".join(str(folder) for folder in folders)
    mend = f"Did you mean {' or '.join(near)}?" if near else "harness list shows what there is"
    raise ExperimentError(f"there is no experiment {name!r} in {where}", mend=mend)
