"""``harness check`` on run folders that a crash, a disk or a hand has harmed."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from made_folders import make

from harness.cli import main


@pytest.fixture
def recorded(tmp_path):
    """A recorded run that passes."""
    return make("pass", tmp_path).path


def check(folder, *words):
    return CliRunner().invoke(main, ["check", str(folder), *words], prog_name="harness")


def lines_of(folder, name="history.jsonl"):
    # A history that was not closed ends in zero bytes.
    return (folder / name).read_text().rstrip("\0").splitlines()


def test_a_whole_run_is_judged_again(recorded):
    """The verdict and its exit code, for people and for programs."""
    done = check(recorded)
    assert done.exit_code == 0, done.output
    assert json.loads(check(recorded, "--json").stdout)["verdict"] == "pass"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("this is no JSON", "history.jsonl:"),
        ('{"t":"done","key":"nobody","attempt":1,"at":1.0,"outcome":"ok"}', "never invoked"),
        ('{"t":"invoke","key":"x"}', "history.jsonl:"),
    ],
)
def test_a_malformed_line_is_named(recorded, line, said):
    """File and line, code 2, and no verdict from what is left."""
    lines = lines_of(recorded)
    lines.insert(5, line)
    (recorded / "history.jsonl").write_text("\n".join(lines) + "\n")
    done = check(recorded)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_history_that_was_cut_off_is_inconclusive(recorded):
    """The last line is left out, and the load did not end in order: never pass."""
    text = (recorded / "history.jsonl").read_text().rstrip("\0")
    (recorded / "history.jsonl").write_text(text[: len(text) * 9 // 10])
    done = check(recorded)
    assert done.exit_code == 3, done.output
    assert "the load process died: its history has no end" in done.stdout


@pytest.mark.parametrize(("name", "code"), [("history.jsonl", 3), ("observations.jsonl", 3), ("run.json", 2)])
def test_a_missing_file_is_never_a_pass(recorded, name, code):
    """Without its history or its books a run is inconclusive; without run.json nobody knows what it was."""
    (recorded / name).unlink()
    done = check(recorded)
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output


def test_an_unknown_run_gets_its_near_miss(recorded):
    """Code 2, and what there is."""
    done = CliRunner().invoke(main, ["check", recorded.name[:-1], "--runs", str(recorded.parent)])
    assert done.exit_code == 2
    assert recorded.name in done.stderr
