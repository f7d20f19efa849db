"""The page about the load says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from harness.load.outcomes import NO_EFFECT, STATUSES, TROUBLES

PAGE = (Path(__file__).parents[2] / "docs" / "load.md").read_text()


def row(first):
    """The outcome and the word on trying again, of the table's row that begins like this."""
    found = re.search(rf"^\| {re.escape(first)}.*\| `(\w+)` \| (yes|no) \|$", PAGE, re.MULTILINE)
    assert found, f"the table has no row {first!r}"
    return found[1], found[2] == "yes"


def test_the_page_lists_every_status_of_the_table():
    """One row, in order, with its outcome."""
    listed = ", ".join(str(status) for status in sorted(STATUSES))
    assert {(ruling.outcome, ruling.again) for ruling in STATUSES.values()} == {row(f"{listed} ")}


def test_the_page_lists_every_trouble():
    """By its name in the history."""
    for name, ruling in TROUBLES.items():
        line = next(line for line in PAGE.splitlines() if line.startswith("| ") and f"`{name}`" in line)
        assert (ruling.outcome, ruling.again) == row(line.split(" | ")[0].removeprefix("| "))


def test_the_page_names_the_problem_type():
    """As the service must write it."""
    assert f"`{NO_EFFECT}`" in PAGE


def test_the_pages_locustfile_runs(null_server, load_of, tmp_path):
    """The example is loaded and driven as it stands."""
    example = re.search(r"```python\n(from harness\.load\.child.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "example.py"
    path.write_text(example[1])
    with load_of(null_server().url, locustfile=path, longest_s=0.5) as load:
        load.start()
        assert load.stop(drain_s=5.0).fail == 0
