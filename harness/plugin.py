"""The pytest plugin: experiments are test items. Thin, and free until an experiment is collected.

=====================  ==============================================================================
``harness_experiments``  ini: folders whose files are experiments (default: none)
``harness_stack``        ini: folder of the stack's Compose file
``--variant V``          run on a variant of the stack
``--profile P``          run with a profile of the stack, besides those that the experiments need
``--harness-keep``       leave the stack up after the session
``stack``, ``chaos``     fixtures for tests that steer by hand
=====================  ==============================================================================
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.experiment import Experiment
    from harness.manual import Chaos
    from harness.pytest_session import SharedStack
    from harness.session import Session

__all__: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the plugin's options."""
    group = parser.getgroup("harness", "chaos experiments")
    group.addoption("--variant", help="run experiments on this variant of the stack")
    group.addoption("--profile", action="append", default=[], help="with this profile of the stack")
    group.addoption("--harness-keep", action="store_true", help="leave the stack up after the session")
    parser.addini("harness_experiments", "folders whose files are experiments", type="paths", default=[])
    parser.addini("harness_stack", "folder of the stack's Compose file", default="")


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Collect an experiment file as one item, instead of (never beside) a module of tests."""
    others = yield
    if not _is_experiment(file_path, parent):
        return others
    return [ExperimentFile.from_parent(parent, path=file_path)]


def _is_experiment(path: Path, parent: pytest.Collector) -> bool:
    if path.suffix != ".py":
        return False
    from harness.discovery import experiment_files, is_experiment_file

    folders: list[Path] = parent.config.getini("harness_experiments")
    if path.parent in folders:
        return path in experiment_files([path.parent])
    named = {
        Path(arg.split("::")[0]).absolute()
        for arg in parent.config.invocation_params.args
        if isinstance(arg, str)
    }
    return path in named and is_experiment_file(path)


class ExperimentFile(pytest.File):
    """One experiment file."""

    def collect(self) -> Iterator[ExperimentItem]:
        """Its one experiment, with its tags as marks."""
        _refuse_more_workers(self.config)
        from harness.discovery import load_experiment

        experiment = load_experiment(self.path)
        item = ExperimentItem.from_parent(self, name=experiment.name, experiment=experiment)
        for tag in experiment.tags:
            self.config.addinivalue_line("markers", f"{tag}: experiments tagged {tag}")
            item.add_marker(tag)
        yield item

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """One line for a file that holds no good experiment."""
        return _plain(excinfo) or super().repr_failure(excinfo)


def _refuse_more_workers(config: pytest.Config) -> None:
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers > 1:
        raise pytest.UsageError(
            f"harness: experiments share one stack and cannot run on {workers} xdist workers. "
            "Use -n 0, or -n 1, or deselect the experiments"
        )


def _plain(excinfo: pytest.ExceptionInfo[BaseException]) -> str | None:
    from harness.errors import HarnessError

    return f"harness: {excinfo.value}" if isinstance(excinfo.value, HarnessError) else None


class ExperimentItem(pytest.Item):
    """One experiment as a test: passes only when its verdict is pass."""

    def __init__(self, *, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.experiment = experiment

    def runtest(self) -> None:
        """Run it on the session's shared stack."""
        from harness.pytest_session import run_item

        run_item(self.config, self.experiment, self.user_properties)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """What was measured, what was allowed, the first offending keys, and where the report is."""
        from harness.pytest_session import NotProven

        if isinstance(excinfo.value, NotProven):
            return str(excinfo.value)
        return _plain(excinfo) or super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is, and its name."""
        return self.path, 0, f"experiment {self.name}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those last that need a stack of another kind: it is built anew for them once, not for each."""
    from harness.stack.parts import turn_of

    items.sort(key=lambda item: turn_of(item.experiment.parts) if isinstance(item, ExperimentItem) else 0)


def pytest_collection_finish(session: pytest.Session) -> None:
    """The experiments of a session share one stack, so it has every profile and part that one of them needs.

    Parts that no stack can have together are the exception: :func:`harness.pytest_session.shared_session`.
    """
    experiments = [item.experiment for item in session.items if isinstance(item, ExperimentItem)]
    needed = {experiment.profile for experiment in experiments}
    parts = {part for experiment in experiments for part in experiment.parts}
    session.config._harness_parts = parts  # type: ignore[attr-defined]  # noqa: SLF001  # as plugins keep state
    session.config._harness_profiles = needed - {""}  # type: ignore[attr-defined]  # noqa: SLF001  # as plugins keep state


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Give the shared stack back, when one was used."""
    shared: SharedStack | None = getattr(session.config, "_harness_shared", None)
    if shared is not None:
        shared.close()


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Session:
    """The session's shared stack: up, locked, contained, whole."""
    from harness.pytest_session import shared_session

    return shared_session(pytestconfig)


@pytest.fixture
def chaos(stack: Session, tmp_path: Path) -> Iterator[Chaos]:
    """Injects faults by hand; what a test leaves injected is healed when it ends."""
    from harness.manual import Chaos

    with Chaos(stack, tmp_path) as by_hand:
        yield by_hand
