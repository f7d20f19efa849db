"""JSON schemas of the run folder's files, so that other tools can rely on them.

``python -m harness.report.schemas`` writes them to ``docs/schemas/``; a test holds them equal to the models.
"""

from harness.report.schemas.catalogue import SCHEMAS, text

__all__ = ["SCHEMAS", "text"]
