"""The files of a run: made, written as a whole, found again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import RunFolderError
from harness.experiment import Experiment, Injection, Load, Phases
from harness.run_folder import ExperimentInfo, FindingInfo, Result, RunFolder, RunInfo, StackInfo, Started
from harness.verdict import Finding, Verdict


@dataclass(frozen=True)
class Harm:
    """A fault in name only."""

    target: str
    instant: ClassVar[bool] = False
    destroys: ClassVar[bool] = False

    def selectors(self) -> tuple[str, ...]:
        """What it would harm."""
        return (self.target,)

    def plan(self, scene: Any) -> Any:
        """Never made here."""
        raise NotImplementedError


@dataclass(frozen=True)
class Bound:
    """A check in name only."""

    max_s: float

    @property
    def needs(self) -> frozenset[str]:
        """Nothing."""
        return frozenset()

    def judge(self, recording: Any) -> Finding:
        """Never judged here."""
        raise NotImplementedError


def an_info() -> RunInfo:
    experiment = Experiment(
        name="kill",
        hypothesis="It goes on.",
        expect=[Bound(max_s=30)],
        injections=[Injection(Harm("ledger:primary"), at_s=10, for_s=5)],
        load=Load(rate_per_s=7, mix={"a": 1, "b": 2.5}),
        phases=Phases(baseline_s=10),
        tags=["gate"],
    )
    return RunInfo(
        run="r1",
        experiment=ExperimentInfo.of(experiment),
        stack=StackInfo(directory="compose/payments", project="p"),
        seed=7,
        started=Started(at=1.25, wall="2026-01-01T00:00:00.000Z"),
    )


def test_run_json_comes_back_as_it_went(tmp_path):
    """What is written to run.json is what is read from it, faults and checks by name included."""
    folder = RunFolder.create(tmp_path, "kill")
    folder.write_run(an_info())
    assert folder.read_run() == an_info()
    injection = folder.read_run().experiment.injections[0]
    assert (injection.fault, injection.spec, injection.for_s) == ("Harm", {"target": "ledger:primary"}, 5)
    assert folder.read_run().experiment.expect[0].spec == {"max_s": 30}


texts = st.text(max_size=20)
findings = st.builds(
    Finding,
    check=texts,
    verdict=st.sampled_from(Verdict),
    measured=texts,
    bound=texts,
    detail=texts,
    examples=st.lists(st.dictionaries(texts, st.integers() | texts | st.none(), max_size=3), max_size=3).map(
        tuple
    ),
    numbers=st.dictionaries(texts, st.none() | st.integers(-(2**53), 2**53), max_size=3),
)


@given(st.lists(findings, max_size=4), st.sampled_from(Verdict), texts)
def test_result_json_comes_back_as_it_went(tmp_path_factory, some, verdict, reason):
    """Whatever the checks say survives result.json."""
    folder = RunFolder.create(tmp_path_factory.mktemp("runs"), "x")
    result = Result(
        experiment="x",
        verdict=verdict,
        reason=reason,
        findings=tuple(FindingInfo.of(finding) for finding in some),
    )
    folder.write_result(result)
    assert folder.read_result() == result
    assert json.loads(folder.result_json.read_text(encoding="utf-8"))["schema"] == 1


def test_keys_of_a_newer_harness_are_kept(tmp_path):
    """A reader that does not know a key passes it on instead of losing it."""
    folder = RunFolder.create(tmp_path, "kill")
    folder.write_run(an_info())
    data = json.loads(folder.run_json.read_text()) | {"moon": "full"}
    folder.run_json.write_text(json.dumps(data))
    folder.write_run(folder.read_run())
    assert json.loads(folder.run_json.read_text())["moon"] == "full"


def test_latest_points_to_the_newest(tmp_path):
    """The second of two runs, also within one second, has its own folder and is the latest."""
    first, second = (RunFolder.create(tmp_path, "kill") for _ in range(2))
    assert first.path != second.path
    second.write_run(an_info())
    assert RunFolder.open("latest", tmp_path).path == second.path
    assert (tmp_path / "latest").readlink().is_absolute() is False


def test_open_by_name_and_by_path(tmp_path):
    """A run is found by its folder's name and by its path."""
    folder = RunFolder.create(tmp_path / "runs", "kill")
    folder.write_run(an_info())
    assert RunFolder.open(folder.path.name, tmp_path / "runs") == folder
    assert RunFolder.open(folder.path, tmp_path / "elsewhere") == folder


def test_open_names_the_nearest(tmp_path):
    """A misspelt run is answered with the name that was meant."""
    folder = RunFolder.create(tmp_path, "ledger_primary_kill")
    with pytest.raises(RunFolderError, match=f"Did you mean '{folder.path.name}'"):
        RunFolder.open("ledger_primary_kil", tmp_path)


def test_open_refuses_a_folder_that_is_no_run(tmp_path):
    """Any other folder is refused before something is written into it."""
    with pytest.raises(RunFolderError, match="holds nothing of a run"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 101, "a b"])
def test_names_that_are_no_folder_names_are_refused(tmp_path, name):
    """A name that would leave the root, or hide, makes no folder."""
    with pytest.raises(RunFolderError, match="cannot be part of a folder's name"):
        RunFolder.create(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Invalid JSON"),
        ('{"schema": 2}', "schema: Input should be 1"),
        ('{"schema": 1, "experiment": "x", "verdict": "maybe", "reason": ""}', "verdict: Input should be"),
    ],
)
def test_a_broken_result_is_one_clear_error(tmp_path, text, said):
    """The error names the file and the key."""
    folder = RunFolder.create(tmp_path, "x")
    folder.result_json.write_text(text)
    with pytest.raises(RunFolderError, match=said) as caught:
        folder.read_result()
    assert caught.value.where == str(folder.result_json)


def test_a_missing_file_says_so(tmp_path):
    """A run that ended early is told from a run that never was."""
    with pytest.raises(RunFolderError, match=r"result\.json is missing"):
        RunFolder.create(tmp_path, "x").read_result()


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    """A full disk costs the new text, not the old one, and leaves no half-written file."""
    folder = RunFolder.create(tmp_path, "x")
    folder.write_run(an_info())
    before = folder.run_json.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunFolderError, match="No space left on device"):
        folder.write_run(an_info())
    assert folder.run_json.read_bytes() == before
    assert [path.name for path in folder.path.iterdir() if path.suffix == ".tmp"] == []
