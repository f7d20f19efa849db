"""What machines read: JUnit, Markdown, JSON schemas."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_folders import KINDS, make
from pydantic import ValidationError

import harness.timeline
from harness.report.junit import junit
from harness.report.markdown import markdown
from harness.report.material import gather
from harness.report.schemas import SCHEMAS, text
from harness.report.schemas.__main__ import main
from harness.report.view import View, view_of
from harness.run_folder import FindingInfo, RunFolder
from harness.verdict import Verdict

DOCS = Path(__file__).parents[2] / "docs" / "schemas"
SUITE = {"name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, RunFolder]:
    """One run of each kind."""
    return {kind: make(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


@pytest.fixture(scope="module")
def views(folders) -> dict[str, View]:
    """What is shown of each."""
    return {kind: view_of(folder, gather(folder)) for kind, folder in folders.items()}


def suite_of(view: View) -> ET.Element:
    """The suite, held to the schema that Jenkins and GitLab read."""
    root = ET.fromstring(junit(view))
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    assert suite.attrib.keys() <= SUITE
    assert [child.tag for child in suite] == [
        "properties",
        *["testcase"] * int(suite.attrib["tests"]),
        "system-out",
    ]
    for name, tag in (("failures", "failure"), ("errors", "error")):
        assert int(suite.attrib[name]) == int(root.attrib[name]) == len(suite.findall(f"testcase/{tag}"))
    for case in suite.findall("testcase"):
        assert case.attrib.keys() == {"classname", "name", "time"}
        assert len(case) <= 1
        assert all(child.attrib.keys() == {"type", "message"} for child in case)
    for one in suite.findall("properties/property"):
        assert one.attrib.keys() == {"name", "value"}
    return suite


@pytest.mark.parametrize(
    ("kind", "tag", "names"),
    [
        ("pass", None, []),
        ("fail", "failure", ["NoLostPayments"]),
        ("inconclusive", "error", ["EvidenceHeld"]),
        ("interrupted", "error", ["the run itself"]),
    ],
)
def test_a_case_for_each_finding(views, kind, tag, names):
    """Violated is a failure, not judged is an error, and a run without a verdict is never green."""
    suite = suite_of(views[kind])
    wrong = [case for case in suite.findall("testcase") if len(case)]
    assert [case.attrib["name"] for case in wrong] == names
    assert {child.tag for case in wrong for child in case} == ({tag} if tag else set())
    properties = {one.attrib["name"]: one.attrib["value"] for one in suite.findall("properties/property")}
    assert properties["seed"] == "7"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])


def test_a_verdict_that_no_finding_explains_is_not_green(views):
    """When the run is worse than its findings, a case of its own says so."""
    view = dataclasses.replace(
        views["pass"], verdict=Verdict.INCONCLUSIVE, sentence="Nothing can be said: x."
    )
    assert [case.attrib["name"] for case in suite_of(view) if len(case) and case.tag == "testcase"] == [
        "the run itself"
    ]


anything = st.text(st.characters(), max_size=30)


@given(check=anything, measured=anything, detail=anything, name=anything)
def test_any_text_makes_sound_documents(views, check, measured, detail, name):
    """Whatever a check says, the XML parses and no row of a Markdown table has another number of cells."""
    info = FindingInfo(check=check, verdict=Verdict.FAIL, measured=measured, bound=measured, detail=detail)
    view = views["fail"]
    one = dataclasses.replace(view.findings[0], info=info)
    view = dataclasses.replace(view, name=name, sentence=detail, findings=(one,), gaps=(detail,))
    suite_of(view)
    rows = [line for line in markdown(view).split("\n") if line.startswith("|")]
    cells = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows]
    assert set(cells) <= {4, 5, 10}


def test_markdown_is_short(views):
    """A CI job's summary: the verdict first, some fifty lines at most."""
    lines = markdown(views["fail"]).split("\n")
    assert lines[0].startswith("## Fail: ")
    assert lines[2] == "**25 acknowledged payments were lost.**"
    assert len(lines) < 56


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schema_files_are_the_models(name):
    """docs/schemas holds what the models say; `python -m harness.report.schemas` writes them again."""
    assert (DOCS / name).read_text(encoding="utf-8") == text(name)


def test_no_schema_file_is_left_over(tmp_path):
    """What the command writes is what docs/schemas holds."""
    main(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in DOCS.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_every_line_is_of_its_schema(folders, kind):
    """Timeline, history and observations as they are written fit the models line by line."""
    folder = folders[kind]
    files = {
        folder.timeline: "timeline-event.json",
        folder.history: "history-line.json",
        folder.observations: "observation-line.json",
    }
    for path, name in files.items():
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines[:2000]:
            if line.endswith("}"):
                SCHEMAS[name].model_validate_json(line)


def test_every_kind_of_event_has_a_schema():
    """The table in harness/timeline.py and the models name the same kinds."""
    table = re.findall(r"^(\w+) {2,}``|^(note) ", harness.timeline.__doc__ or "", flags=re.MULTILINE)
    told = {one or other for one, other in table}
    modelled = set(SCHEMAS["timeline-event.json"].model_json_schema()["discriminator"]["mapping"])
    assert told == modelled


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("timeline-event.json", {"at": 1.0, "wall": "x", "kind": "phase", "phase": "lunch"}),
        ("timeline-event.json", {"wall": "x", "kind": "note", "what": "x"}),
        ("history-line.json", {"t": "done", "key": "k", "attempt": 1, "at": 1.0, "outcome": "maybe"}),
        ("history-line.json", {"t": "invoke", "key": "k", "attempt": 0, "at": 1.0}),
        (
            "observation-line.json",
            {"t": "account", "source": "database", "account": "a", "currency": "EUR", "balance": 1.5},
        ),
        ("result.json", {"schema": 2, "experiment": "x", "verdict": "pass", "reason": ""}),
    ],
)
def test_a_wrong_line_is_refused(name, line):
    """The models are not so wide that anything passes."""
    with pytest.raises(ValidationError):
        SCHEMAS[name].model_validate_json(json.dumps(line))
