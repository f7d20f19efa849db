"""Tries everything and reports it; leaves everything as it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from harness.stack.doctor.basics import basic_rows
from harness.stack.doctor.containers import container_rows
from harness.stack.doctor.features import FEATURES
from harness.stack.doctor.kernel import kernel_rows
from harness.stack.doctor.place import choose_place
from harness.stack.doctor.report import Report
from harness.stack.doctor.resources import resource_rows

__all__ = ["examine"]


def examine(*, optional: bool = True) -> Report:
    """Try what the harness needs of this host, in about two seconds.

    Nothing is raised for what is missing: it is a row that says so, and how to get it.

    Args:
        optional: also try what only some faults need; without it the answer comes sooner.
    """
    basics = basic_rows()
    working = {row.name for row in basics if row.ok}
    features = [feature for feature in FEATURES if optional or feature.required]
    ready = {"engine", "base image"} <= working
    with ThreadPoolExecutor(3) as pool:
        containers = pool.submit(container_rows, ready=ready)
        kernel = pool.submit(lambda: kernel_rows(choose_place(engine="engine" in working), features))
        resources = pool.submit(resource_rows)
        return Report((*basics, *resources.result(), *containers.result(), *kernel.result()))
