"""A run folder made readable: ``report.html``, ``report.md`` and ``junit.xml``.

Data flows one way: the folder's files (:mod:`~harness.report.material`), what they come to
(:mod:`~harness.report.figures`, :mod:`~harness.report.marks`), a :class:`~harness.report.view.View`, and
from it the three documents. A folder that lacks files, because its run was interrupted, is rendered too,
and the report says what is missing.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["render"]


def render(run_folder: Path) -> None:
    """Write the three documents of a run into its folder, replacing older ones.

    Raises:
        RunFolderError: there is no such folder, it holds nothing of a run, or it cannot be written to.
    """
    # Templates and Polars cost a third of a second: only who renders pays for them.
    from harness.report.html import html
    from harness.report.junit import junit
    from harness.report.markdown import markdown
    from harness.report.material import gather
    from harness.report.view import view_of
    from harness.run_folder import RunFolder, write_atomically

    folder = RunFolder.open(run_folder.absolute())
    view = view_of(folder, gather(folder))
    write_atomically(folder.report_html, html(view))
    write_atomically(folder.report_md, markdown(view))
    write_atomically(folder.junit_xml, junit(view))
