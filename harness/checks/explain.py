"""A finding as a failed assertion shows it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.verdict import Finding

__all__ = ["explain"]

_SHOWN = 5


def explain(finding: Finding) -> str:
    """Several lines: what was measured, what was allowed, what it means, the first offending items."""
    head = f"{finding.check}: {finding.verdict.value}"
    facts = [("measured", finding.measured), ("allowed", finding.bound), ("meaning", finding.detail)]
    lines = [f"  {name + ':':<10}{text}" for name, text in facts if text]
    return "\n".join([head, *lines, *_items(finding)])


def _items(finding: Finding) -> list[str]:
    if not finding.examples:
        return []
    shown = finding.examples[:_SHOWN]
    more = len(finding.examples) - len(shown)
    lines = [f"  first {len(shown)}:", *(f"    {_line(item)}" for item in shown)]
    return [*lines, f"    and {more} more in result.json"] if more else lines


def _line(item: Mapping[str, object]) -> str:
    facts = ", ".join(f"{name}={value}" for name, value in item.items() if name != "what")
    return f"{item['what']}: {facts}" if "what" in item else facts
