"""The command line as its user meets it: help, JSON, and what is refused before anything is touched. No engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness import cli, run_folder

ROOT = Path(__file__).parents[1]
EXPERIMENT = '''"""Why."""
from harness import Experiment, Healed, Injection, Kill, Load, Pause, Phases

experiment = Experiment(
    hypothesis="h",
    load={load},
    injections=[Injection({fault}, at_s={at_s}, for_s={for_s})],
    phases=Phases(baseline_s=10),
    expect=[Healed()],
)
'''


@pytest.fixture
def harness(monkeypatch, tmp_path):
    """Runs the command line where a checkout's folders are; whoever asks for an engine finds none."""
    for name in ("compose", "experiments"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
    monkeypatch.delenv("HARNESS_PROJECT", raising=False)

    def run(*words):
        return CliRunner().invoke(cli.main, [str(word) for word in words], prog_name="harness")

    return run


@pytest.mark.parametrize("name", sorted(cli.main.commands))
def test_every_command_shows_an_example(harness, name):
    """Below the usage line, what to type."""
    shown = harness(name, "--help")
    assert shown.exit_code == 0
    examples = [line for line in shown.output.splitlines()[1:] if line.strip().startswith(f"harness {name}")]
    assert examples, shown.output


def test_list_for_a_program(harness):
    """Each experiment's name, hypothesis and tags."""
    rows = json.loads(harness("list", "--json").stdout)
    assert {path.stem for path in (ROOT / "experiments").glob("*.py")} == {row["name"] for row in rows}
    assert all(row["hypothesis"] and row["tags"] for row in rows)


def test_a_slip_of_the_pen_gets_its_near_miss(harness):
    """The name that was probably meant, and the code for wrong input."""
    done = harness("run", "ledger_primary_kil")
    assert done.exit_code == 2
    assert "Did you mean ledger_primary_kill" in done.stderr


def test_an_unknown_variant_is_refused(harness):
    """Before any engine is asked."""
    done = harness("run", "steady_state", "--variant", "async")
    assert done.exit_code == 2
    assert "async-replication" in done.stderr


@pytest.mark.parametrize("words", [("up",), ("run", "steady_state"), ("status",), ("down",), ("heal",)])
def test_without_an_engine_it_is_one_line(harness, words):
    """What is missing and how to get it, code 4, and no traceback."""
    done = harness(*words)
    assert done.exit_code == 4, done.output
    assert "harness doctor --fix" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at_s": -1}, "bad.py:7: Kill: at_s must not be negative, not -1"),
        ({"at_s": 5}, "falls into the baseline"),
        ({"for_s": 0}, "needs for_s above 0"),
        ({"for_s": "float('nan')"}, "for_s must not be negative, not nan"),
        ({"load": "Load(rate_per_s=0)"}, "bad.py:6: rate_per_s must be above 0"),
        ({"load": "Load(rate_per_second=4)"}, "unexpected keyword argument 'rate_per_second'"),
        ({"fault": "Kill('ledger:primry')"}, "primary"),
        ({"fault": "Kill('leger')"}, "ledger"),
        ({"fault": "Kill('etcd:minority:two')"}, "etcd:minority:two"),
    ],
)
def test_a_wrong_experiment_is_refused_before_anything_is_touched(harness, tmp_path, change, said):
    """One line with the place and the mend; there is no engine here, and nobody missed it."""
    fields = {"load": "Load()", "fault": "Kill('ledger:primary')", "at_s": 10, "for_s": 5} | change
    file = tmp_path / "bad.py"
    file.write_text(EXPERIMENT.format(**fields))
    done = harness("run", file)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_full_disk_is_refused_before_the_run(monkeypatch, tmp_path):
    """A run that could not be recorded is not begun."""
    monkeypatch.setattr(run_folder, "ROOM_BYTES", 1 << 62)
    with pytest.raises(run_folder.RunFolderError, match=r"the disk has \d+ MiB free.*--runs"):
        run_folder.RunFolder.create(tmp_path / "runs", "x")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(harness, shell):
    """It names the variable by which the program is asked."""
    done = harness("completion", shell)
    assert done.exit_code == 0
    assert "_HARNESS_COMPLETE" in done.stdout


def test_experiments_are_completed_by_name(monkeypatch):
    """What the shell asks when the tab key is pressed."""
    monkeypatch.chdir(ROOT)
    words = {
        "_HARNESS_COMPLETE": "bash_complete",
        "COMP_WORDS": "harness run ledger_primary_k",
        "COMP_CWORD": "2",
    }
    done = CliRunner().invoke(cli.main, env=words, prog_name="harness", complete_var="_HARNESS_COMPLETE")
    assert done.stdout.split() == ["plain,ledger_primary_kill"]
