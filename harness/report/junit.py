"""``junit.xml``: one suite a run, one case a finding, as Jenkins and GitLab read it.

A violated expectation is a ``failure``; what could not be judged is an ``error``: both make the job red,
and neither is taken for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from harness.report.view import FindingView, View
from harness.verdict import Verdict, merge

__all__ = ["junit"]

# What XML 1.0 cannot hold, not even as a reference.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {Verdict.FAIL: "failure", Verdict.INCONCLUSIVE: "error"}


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    verdict: Verdict
    message: str
    text: str


def junit(view: View) -> str:
    """The document."""
    cases = [*map(_case, (*view.findings, *view.conditions)), *_rest(view)]
    wrong = {kind: sum(case.verdict is kind for case in cases) for kind in _TAGS}
    counts = {
        "tests": str(len(cases)),
        "failures": str(wrong[Verdict.FAIL]),
        "errors": str(wrong[Verdict.INCONCLUSIVE]),
        "time": f"{view.length_s:.3f}",
    }
    name = view.name + (f"[{view.variant}]" if view.variant else "")
    root = ET.Element("testsuites", {"name": "harness", **counts})
    suite = ET.SubElement(
        root, "testsuite", {"name": _legal(name), **counts, "skipped": "0", **_moment(view)}
    )
    _properties(suite, view)
    for case in cases:
        _element(suite, case, f"harness.{name}")
    ET.SubElement(suite, "system-out").text = _legal(_output(view))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False).join(
        ('<?xml version="1.0" encoding="UTF-8"?>\n', "\n")
    )


def _case(one: FindingView) -> _Case:
    info = one.info
    lines = [f"measured: {info.measured}", f"allowed: {info.bound}", info.detail]
    lines += [", ".join(f"{key}={value}" for key, value in item.items()) for item in info.examples]
    message = (
        f"measured {info.measured}, allowed {info.bound}" if info.verdict is Verdict.FAIL else info.detail
    )
    return _Case(info.check, info.verdict, message or info.measured, "\n".join(filter(None, lines)))


def _rest(view: View) -> Iterable[_Case]:
    """A case for the run itself when the findings alone would look better than the verdict is."""
    found = [one.info.verdict for one in (*view.findings, *view.conditions)]
    if not found or merge([*found, view.verdict]) is not merge(found):
        yield _Case("the run itself", view.verdict, view.sentence, view.reason or view.sentence)


def _moment(view: View) -> dict[str, str]:
    """The common schema wants seconds and no zone; it is UTC, as everything in the run folder."""
    found = re.match(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", view.wall)
    return {"timestamp": f"{found[1]}T{found[2]}"} if found else {}


def _properties(suite: ET.Element, view: View) -> None:
    properties = ET.SubElement(suite, "properties")
    facts = {
        "verdict": view.word,
        "run": view.run,
        **{one.name.lower(): one.value for one in view.environment},
    }
    facts |= {one.name: one.value for one in view.measurements}
    for name, value in facts.items():
        ET.SubElement(properties, "property", {"name": _legal(name), "value": _legal(value)})


def _element(suite: ET.Element, case: _Case, class_name: str) -> None:
    words = {"classname": _legal(class_name), "name": _legal(case.name), "time": "0"}
    element = ET.SubElement(suite, "testcase", words)
    if tag := _TAGS.get(case.verdict):
        child = ET.SubElement(element, tag, {"type": case.verdict.value, "message": _legal(case.message)})
        child.text = _legal(case.text)


def _output(view: View) -> str:
    lines = [view.sentence, *view.gaps, *(f"{one.name}: {one.value}" for one in view.commands)]
    return "\n".join(lines)


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
