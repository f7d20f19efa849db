"""A run folder in, three documents out, whatever is missing from the folder."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from made_folders import KINDS, make

from harness.errors import RunFolderError
from harness.report import render
from harness.run_folder import RunFolder

VOID = {"meta", "br", "link", "img", "hr", "input"}
FILES = ("run.json", "timeline.jsonl", "history.jsonl", "observations.jsonl", "result.json", "logs")


class Page(HTMLParser):
    """Reads a page, refuses tags that do not match, and remembers what a test asks about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        """Opens an element."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Opens and closes one, as SVG writes it."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        """Closes the innermost open one, and no other."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Words between tags."""
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> dict[str, RunFolder]:
    """One rendered run of each kind."""
    folders = {kind: make(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}
    for folder in folders.values():
        render(folder.path)
    return folders


def page(folder: RunFolder) -> Page:
    return Page(folder.report_html.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "pass",
            "Payments went on: writes were back to stay 21.0 s after the fault and no acknowledged payment",
        ),
        ("fail", "25 acknowledged payments were lost."),
        ("inconclusive", "Nothing can be said: EvidenceHeld: "),
        ("interrupted", "Nothing can be said: the run ended before a verdict was reached."),
    ],
)
def test_the_verdict_is_one_sentence_in_all_three(made, kind, said):
    """HTML, Markdown and JUnit say the same sentence."""
    assert said in page(made[kind]).text
    assert said in made[kind].report_md.read_text(encoding="utf-8").replace("\\", "")
    assert said in made[kind].junit_xml.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_works_offline(made, kind):
    """The page names nothing outside itself, and forbids the browser to load anything."""
    text = made[kind].report_html.read_text(encoding="utf-8")
    for _tag, attributes in page(made[kind]).tags:
        assert not attributes.keys() & {"src", "href", "srcset", "action", "background", "poster"}
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_can_be_read_by_everybody(made, kind):
    """Drawings have a name, tables have heads, the page has a language and one heading of the first rank."""
    tags = page(made[kind]).tags
    drawings = [attributes for tag, attributes in tags if tag == "svg"]
    assert len(drawings) == 8
    assert all(drawing["role"] == "img" and drawing["aria-label"] for drawing in drawings)
    assert all(attributes.get("scope") for tag, attributes in tags if tag == "th")
    assert ("html", {"lang": "en"}) in tags
    assert [tag for tag, _ in tags].count("h1") == 1


def test_every_drawing_is_sound_xml(made):
    """What a strict reader of SVG would refuse is not in the page."""
    text = made["fail"].report_html.read_text(encoding="utf-8")
    drawings = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(drawings) == 8
    for drawing in drawings:
        ET.fromstring(drawing)


def test_the_first_lost_keys_and_the_way_back_are_shown(made):
    """A failed run names its first lost payments and the commands to repeat and to judge it again."""
    text = page(made["fail"]).text
    lost = made["fail"].read_result().findings
    example = next(one for one in lost if one.check == "NoLostPayments").examples[0]
    assert example["key"] in text
    assert "harness run ledger_primary_kill --seed 7 --variant async-replication" in text
    assert f"harness check {made['fail'].path.name}" in text


def test_secrets_of_the_logs_stay_out(made):
    """A password that a service logged is in no document."""
    for path in (made["pass"].report_html, made["pass"].report_md, made["pass"].junit_xml):
        assert "hunter2" not in path.read_text(encoding="utf-8")
    assert "password=…" in page(made["pass"]).text


def test_alerts_and_errors_by_phase_are_shown(made):
    """Each alert is in the drawing with its stretch, and a table counts the logs' errors by node and phase."""
    html = made["pass"].report_html.read_text(encoding="utf-8")
    assert html.count("LedgerPrimaryMissing (page): firing at +16.1 s, resolved at +30.9 s") == 2
    assert html.count("TargetDown (warn): firing at +23.2 s, resolved at +53.0 s") == 2
    assert "node fault no phase all ledger-3 30 0 30 payments-1 0 1 1" in page(made["pass"]).text
    text = made["pass"].report_md.read_text(encoding="utf-8")
    assert (
        "| Errors in the log of | fault | no phase | all |\n|---|---:|---:|---:|\n| ledger-3 | 30 | 0 | 30 |"
        in text
    )
    assert "| LedgerPrimaryMissing | page | +16.1 s to +30.9 s |" in text


@pytest.mark.parametrize("missing", [pair for size in (1, 2, 3) for pair in combinations(FILES, size)])
def test_what_is_missing_is_said_and_the_rest_is_shown(made, tmp_path, missing):
    """Without any of its files, a run folder still becomes a report that names what it lacks."""
    folder = RunFolder(Path(shutil.copytree(made["pass"].path, tmp_path / "run")))
    for name in missing:
        path = folder.path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    render(folder.path)
    text = page(folder).text
    for name in missing:
        assert {"logs": "The nodes' logs", "observations.jsonl": "no final read was taken"}.get(
            name, name
        ) in text
    ET.parse(folder.junit_xml)


def test_a_cut_off_file_is_one_gap(made, tmp_path):
    """Broken files are told like missing ones; none of them ends the report."""
    folder = RunFolder(Path(shutil.copytree(made["pass"].path, tmp_path / "run")))
    for path in (folder.run_json, folder.result_json):
        path.write_text(path.read_text()[:100])
    folder.history.write_text("no history\n" + folder.history.read_text())
    render(folder.path)
    text = page(folder).text
    for name in ("run.json", "result.json", "history.jsonl"):
        assert name in text


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    """Nothing is written into a folder that holds nothing of a run."""
    with pytest.raises(RunFolderError):
        render(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_a_run_becomes_markup(made, tmp_path):
    """Names, reasons, keys, errors and log lines are shown as they are, whatever they hold."""
    evil = "<script>alert(1)</script><b x='&\">"
    folder = RunFolder(Path(shutil.copytree(made["fail"].path, tmp_path / "run")))
    for path in (folder.run_json, folder.result_json):
        data = json.loads(path.read_text())
        path.write_text(json.dumps(_poisoned(data, evil)))
    for old, new in (("payments-1", evil), ("timeout", evil), ("create_payment", evil)):
        _replace(folder.history, old, new)
    for old in ("ledger-1", "sync-standby", "the process"):
        _replace(folder.timeline, old, evil)
    (folder.logs / "edge.log").write_text(f"ERROR {evil}\n")
    render(folder.path)
    seen = page(folder)
    assert "script" not in {tag for tag, _ in seen.tags}
    assert not [tag for tag, attributes in seen.tags if "x" in attributes and tag == "b"]
    assert seen.text.count("<script>alert(1)</script>") > 10
    assert "<script" not in folder.report_md.read_text(encoding="utf-8").replace("\\<script", "")
    ET.parse(folder.junit_xml)


def _poisoned(data, evil):
    """The same data with every text that the schemas leave free replaced."""
    free = {
        "hypothesis",
        "description",
        "measured",
        "bound",
        "detail",
        "reason",
        "key",
        "what",
        "kernel",
        "why",
    }
    if isinstance(data, dict):
        return {name: evil if name in free else _poisoned(value, evil) for name, value in data.items()}
    return [_poisoned(one, evil) for one in data] if isinstance(data, list) else data


def _replace(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, json.dumps(new)[1:-1]))


def test_an_interrupted_load_is_shown_to_its_end(made):
    """Where the timeline stops before the history does, the later operations are shown too."""
    shown = page(made["interrupted"]).text
    with made["interrupted"].history.open() as lines:
        whole = [json.loads(line) for line in lines if line.endswith("}\n")]
    keys = {line["key"] for line in whole if line["t"] in {"invoke", "drop"}}
    assert f"of {len(keys)};" in shown
