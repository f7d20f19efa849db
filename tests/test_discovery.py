from __future__ import annotations

from pathlib import Path

import pytest

from harness.discovery import experiment_files, find_experiment, is_experiment_file, load_experiment
from harness.errors import ExperimentError

GOOD = '''"""Why we believe it."""
from harness import Experiment, Phases, Rto
experiment = Experiment(hypothesis="h", expect=[Rto(max_s=1)], phases=Phases(fault_s=5), tags=["gate"])
'''
EXPERIMENTS = Path(__file__).parents[1] / "experiments"


@pytest.mark.parametrize("path", experiment_files([EXPERIMENTS]), ids=lambda path: path.stem)
def test_every_experiment_of_the_project_loads_and_explains_itself(path):
    """Each says its steady state, who recovers what, and why its bounds are what they are."""
    experiment = load_experiment(path)
    assert experiment.name == path.stem
    for words in ("Steady state:", "Recovery strategy:", "Expectation:"):
        assert words in experiment.description


def test_the_project_has_the_experiments_it_names():
    """Nothing is collected by accident and nothing is missing."""
    assert {path.stem for path in experiment_files([EXPERIMENTS])} >= {
        "steady_state", "ledger_primary_kill", "ledger_primary_isolated", "ledger_primary_cut_off_then_killed",
        "ledger_partition_bridge", "etcd_leader_kill", "payments_node_kill", "payments_node_pause",
    }  # fmt: skip


def test_a_file_gives_its_experiment_name_and_docstring(tmp_path):
    """Name and description come from the file, so they cannot disagree with it."""
    (tmp_path / "mine.py").write_text(GOOD)
    experiment = load_experiment(tmp_path / "mine.py")
    assert (experiment.name, experiment.description) == ("mine", "Why we believe it.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n", "assigns no Experiment"),
        ("import nowhere_at_all\n", "ModuleNotFoundError"),
        ("def (:\n", r"mine.py:1.*SyntaxError"),
        ("from harness import Load\n\nLoad(rate_per_s=-1)\n", r"mine.py:3.*rate_per_s must be above 0"),
    ],
)
def test_a_bad_file_is_one_error_with_its_line(tmp_path, text, words):
    """The message names the file and the line in it, and says what is wrong."""
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(ExperimentError, match=words):
        load_experiment(tmp_path / "mine.py")


def test_a_misspelt_name_is_told_the_near_one():
    """A slip of the pen costs one look, not a search."""
    with pytest.raises(ExperimentError, match="Did you mean ledger_primary_kill"):
        find_experiment("ledger_primary_kil", [EXPERIMENTS])


def test_a_path_is_an_experiments_name_too(tmp_path):
    """A file outside the folder can be run by its path; a missing one is refused."""
    (tmp_path / "mine.py").write_text(GOOD)
    assert find_experiment(str(tmp_path / "mine.py"), []) == tmp_path / "mine.py"
    with pytest.raises(ExperimentError, match="no such experiment file"):
        find_experiment(str(tmp_path / "yours.py"), [])


@pytest.mark.parametrize(("text", "is_one"), [(GOOD, True), ("def test_a(): ...\n", False), ("(", False)])
def test_a_named_file_is_told_from_a_test_without_importing_it(tmp_path, text, is_one):
    """Pytest asks this of every file that is named on its command line."""
    (tmp_path / "any.py").write_text(text)
    assert is_experiment_file(tmp_path / "any.py") is is_one
