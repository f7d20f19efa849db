"""The report, its table and what is made of the trials' answers."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import harness.agent
from harness.errors import EngineError
from harness.stack.doctor import command
from harness.stack.doctor.basics import engine_mend
from harness.stack.doctor.containers import has_default_route
from harness.stack.doctor.features import FEATURES, UNTRIED, Feature
from harness.stack.doctor.kernel import kernel_rows, read_answers, script
from harness.stack.doctor.place import CAPABILITIES, Place
from harness.stack.doctor.report import Report, Row
from harness.stack.doctor.resources import available_gib
from harness.stack.doctor.table import render
from harness.stack.setup.program import Outcome

ROWS = st.lists(
    st.builds(
        Row,
        name=st.from_regex(r"[a-z]{3,12}", fullmatch=True),
        ok=st.sampled_from([True, False, None]),
        found=st.text(max_size=20),
        enables=st.just("something"),
        mend=st.just("Mend it"),
        required=st.booleans(),
    ),
    unique_by=lambda row: row.name,
)


def shown(report: Report) -> str:
    page = io.StringIO()
    render(report, Console(file=page, width=200))
    return page.getvalue()


@given(ROWS)
def test_ready_is_every_required_thing_seen_to_work(rows: list[Row]) -> None:
    """What could not be tried is not taken for a yes, and nothing at all is no yes either."""
    expected = bool(rows) and all(row.ok is True for row in rows if row.required)
    assert Report(rows).ready is expected
    assert json.loads(json.dumps(Report(rows).to_json()))["ready"] is expected


@given(ROWS)
def test_the_table_shows_every_row_and_the_mend_of_each_that_wants_it(rows: list[Row]) -> None:
    """Every name is there; a mend is there once for each row that does not work."""
    page = shown(Report(rows))
    assert all(row.name in page for row in rows)
    assert page.count("Mend it") == sum(row.ok is not True for row in rows)
    assert ("can run here." in page) is Report(rows).ready


def test_what_was_found_is_shown_as_it_is() -> None:
    """Square brackets are words here, not colours."""
    row = Row(name="nsenter", ok=True, found="net:[4026532546] [/]", enables="x", mend="y")
    assert "net:[4026532546] [/]" in shown(Report([row]))


@given(st.text())
def test_any_output_of_the_trials_is_read(printed: str) -> None:
    """A line of another form is no answer and no error."""
    assert all(code >= 0 for code, _ in read_answers(printed).values())


def feature(name: str, trial: str, program: str = "sh") -> Feature:
    return Feature(name=name, program=program, trial=trial, enables="x", mend="Mend it")


def test_trials_are_judged_by_their_exit_code() -> None:
    """0 works, another does not; a missing program leaves it untried, as a silent place does."""
    tried = (
        feature("good", "echo fine"),
        feature("bad", "echo broken; exit 1"),
        feature("absent", "true", "no-such"),
    )
    # The prelude's own mount and namespaces are for root; here only the shell's logic is under test.
    plain = script(tried).replace("mount -t tmpfs -o size=1g doctor /tmp || exit", "cd $(mktemp -d)")
    plain = plain.replace('mkdir "/tmp/$1"; cd "/tmp/$1"', ":").replace("unshare -n ", "")
    printed = subprocess.run(["sh", "-s"], input=plain, capture_output=True, text=True, check=True).stdout
    assert read_answers(printed) == {
        "good": (0, "fine"),
        "bad": (1, "broken"),
        "absent": (UNTRIED, "no-such is not installed here"),
    }
    assert [row.ok for row in kernel_rows(None, tried)] == [None, None, None]
    nowhere = kernel_rows(Place("nowhere", ["false"]), tried)
    assert [row.ok for row in nowhere] == [None, None, None]
    assert all("nowhere" in row.found for row in nowhere)


def test_every_trial_is_a_shell_program() -> None:
    """A misspelt one would look like a kernel that lacks the feature."""
    for each in FEATURES:
        checked = subprocess.run(
            ["bash", "-n", "-c", each.trial], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, f"{each.name}: {checked.stderr}"


def test_probes_are_confined_as_the_agent_is() -> None:
    """A trial with more capabilities than the agent has would promise too much."""
    compose = yaml.safe_load(
        (Path(harness.agent.__file__).parent / "compose.agent.yaml").read_text(encoding="utf-8")
    )
    assert sorted(CAPABILITIES) == sorted(compose["services"]["harness-agent"]["cap_add"])


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("eth0 00000000 010011AC 0003 0 0 0 00000000 0 0 0", True),
        ("eth0 000011AC 00000000 0001 0 0 0 0000FFFF 0 0 0", False),
        ("eth0 00000000 00000000 0001 0 0 0 00000080 0 0 0", False),
    ],
)
def test_a_default_route_is_known(row: str, expected: bool) -> None:
    """Its destination and its mask are both zero; half of all addresses is no default."""
    assert (
        has_default_route(f"Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n{row}\n")
        is expected
    )


@given(st.integers(0, 2**40))
def test_free_memory(kib: int) -> None:
    """It is what is available, not what is unused."""
    assert available_gib(f"MemTotal: 1 kB\nMemFree: 2 kB\nMemAvailable: {kib} kB\n") == kib * 1024 / 2**30


def test_the_engines_mend_fits_its_trouble() -> None:
    """Who may not speak to the engine is not told to install it."""
    assert "group docker" in engine_mend(Outcome(1, "", "permission denied while trying to connect"))
    assert "--fix" in engine_mend(Outcome(1, "", "Cannot connect to the Docker daemon"))


def report(*, ok: bool) -> Report:
    return Report(
        [Row(name=name, ok=ok, found="", enables="x", mend="y", required=True) for name in command.MENDABLE]
    )


def test_fix_does_nothing_where_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It examines once and ends with 0."""
    monkeypatch.setattr(command, "examine", lambda **_: report(ok=True))
    monkeypatch.setattr(command, "repair", lambda _say: pytest.fail("it was mended for nothing"))
    assert command.doctor_command(fix=True, as_json=False) == 0


def test_fix_mends_and_looks_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is that of the second look; progress does not spoil the JSON."""
    looks = iter([report(ok=False), report(ok=True)])
    monkeypatch.setattr(command, "examine", lambda **_: next(looks))
    monkeypatch.setattr(command, "repair", lambda say: say("mending"))
    assert command.doctor_command(fix=True, as_json=True) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["ready"] is True
    assert "mending" in captured.err


def test_a_failed_fix_is_one_error_and_exit_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error has its mend beside it, and no table hides it."""

    def refuse(say: object) -> None:
        raise EngineError("installing needs root", mend="Use sudo")

    monkeypatch.setattr(command, "examine", lambda **_: report(ok=False))
    monkeypatch.setattr(command, "repair", refuse)
    assert command.doctor_command(fix=True, as_json=False) == 4
    assert "installing needs root. Use sudo" in capsys.readouterr().err


def test_without_fix_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is shown, not mended, and the exit code says so."""
    monkeypatch.setattr(command, "examine", lambda **_: report(ok=False))
    monkeypatch.setattr(command, "repair", lambda _say: pytest.fail("it changed something"))
    assert command.doctor_command(fix=False, as_json=False) == 4
