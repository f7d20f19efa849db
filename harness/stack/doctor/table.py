"""Shows a report to a person."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.stack.doctor.report import Report, Row

__all__ = ["render", "verdict"]

_MARKS = {True: ("works", "green"), False: ("no", "red"), None: ("untried", "yellow")}


def render(report: Report, console: Console) -> None:
    """Print the table, and below it how to get what is missing, the required things first."""
    console.print(_table(report))
    for row in sorted(_wanting(report), key=lambda row: not row.required):
        console.print(_advice(row))
    console.print(verdict(report))


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading, limit in (("what", None), ("", None), ("found", 44), ("enables", 44)):
        table.add_column(heading, overflow="fold", max_width=limit)
    for row in report.rows:
        word, colour = _MARKS[row.ok]
        if row.ok is not True and not row.required:
            colour = "yellow"
        table.add_row(Text(row.name), Text(word, colour), Text(row.found), Text(row.enables))
    return table


def _wanting(report: Report) -> list[Row]:
    return [row for row in report.rows if row.ok is not True]


def _advice(row: Row) -> Text:
    need = "required" if row.required else "optional"
    return Text(f"{row.name} ({need}): {row.mend}.", "red" if row.required else "")


def verdict(report: Report) -> Text:
    """One sentence: whether the reference stack can run, and if not, what is missing."""
    if report.ready:
        return Text("The reference stack can run here.", "bold green")
    names = ", ".join(row.name for row in report.missing)
    return Text(f"The reference stack cannot run here yet: {names}.", "bold red")
