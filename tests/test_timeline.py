from __future__ import annotations

import pytest

from harness.errors import RunFolderError
from harness.timeline import Timeline
from harness.timeline_writer import TimelineWriter


def written(path, *events):
    with TimelineWriter(path) as writer:
        for at, kind, keys in events:
            writer.write(kind, at=at, **keys)
    return path


RUN = [
    (1.0, "phase", {"phase": "setup"}),
    (2.0, "phase", {"phase": "baseline"}),
    (12.0, "phase", {"phase": "fault"}),
    (12.0, "resolve", {"injection": "i1", "fault": "Kill", "spec": {"on": "ledger:primary"}, "nodes": ["ledger-1"],
                       "resolved": {"ledger:primary": ["ledger-1"]}, "destroys": True}),
    (12.02, "in_effect", {"injection": "i1"}),
    (40.0, "heal", {"injection": "i1"}),
    (41.0, "gone", {"injection": "i1"}),
    (41.0, "evidence", {"injection": "i1", "samples": 300, "gaps": 0, "verdict": "pass", "why": ""}),
    (41.0, "phase", {"phase": "recovery"}),
    (50.0, "phase", {"phase": "drain"}),
    (51.0, "phase", {"phase": "end"}),
]  # fmt: skip


def test_a_timeline_gives_phases_and_injections_back(tmp_path):
    """What the runner writes is what the checks read."""
    timeline = Timeline.read(written(tmp_path / "t.jsonl", *RUN))
    assert timeline.load_span.start == 2.0
    assert timeline.load_span.end == 50.0
    assert timeline.phases["fault"].length_s == 29.0
    (injection,) = timeline.injections
    assert (injection.effect_at, injection.heal_at, injection.gone_at) == (12.02, 40.0, 41.0)
    assert (injection.evidence, injection.destroys, injection.nodes) == ("pass", True, ("ledger-1",))
    assert timeline.fault_at == 12.02


@pytest.mark.parametrize("missing", ["evidence", "gone"])
def test_an_injection_without_its_whole_evidence_is_inconclusive_or_unfinished(tmp_path, missing):
    """Silence is never taken for evidence."""
    events = [event for event in RUN if event[1] != missing]
    (injection,) = Timeline.read(written(tmp_path / "t.jsonl", *events)).injections
    assert injection.gone_at is None if missing == "gone" else injection.evidence == "inconclusive"


def test_an_injection_without_effect_says_why(tmp_path):
    """The reason stands in the record, for the report."""
    events = [*RUN[:4], (22.0, "no_effect", {"injection": "i1", "why": "the process lives"})]
    (injection,) = Timeline.read(written(tmp_path / "t.jsonl", *events)).injections
    assert injection.effect_at is None
    assert "the process lives" in injection.why


def test_a_torn_last_line_is_left_out_and_a_torn_middle_is_refused(tmp_path):
    """A crash tears the line being written at most; anything else is damage and is told with its line."""
    path = written(tmp_path / "t.jsonl", *RUN)
    whole = path.read_text()
    path.write_text(whole + '{"at": 52.0, "ki')
    assert len(Timeline.read(path).events) == len(RUN)
    path.write_text("garbage\n" + whole)
    with pytest.raises(RunFolderError, match=r"t.jsonl:1"):
        Timeline.read(path)


def test_a_missing_timeline_is_one_clear_error(tmp_path):
    """The reader is told which file is missing."""
    with pytest.raises(RunFolderError, match="cannot be read"):
        Timeline.read(tmp_path / "none.jsonl")
