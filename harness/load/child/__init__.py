"""The load's own process, and what a stack's locustfile imports. The only place that imports Locust.

A locustfile imports ``Answer, Call, OpenUser, Seen, WrongAnswer, operation`` from here; docs/load.md shows one.
"""

from harness.load.child.api import Answer, Call, OpenUser, Seen, SetUpError, WrongAnswer, operation

__all__ = ["Answer", "Call", "OpenUser", "Seen", "SetUpError", "WrongAnswer", "operation"]
