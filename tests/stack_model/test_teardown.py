"""Taking a project away: whatever fails on the way, it goes on, and never claims what is not so."""

from __future__ import annotations

import pytest

from harness.errors import EngineError, StackError
from harness.stack import teardown
from harness.stack.teardown import Removed, tear_down


class FakeEngine:
    """An engine whose removals fail as often as told; a negative number is for ever."""

    def __init__(self, there: dict[str, list[str]], failing: dict[str, int] | None = None) -> None:
        self.there = {kind: list(there.get(kind, [])) for kind in ("containers", "networks", "volumes")}
        self.failing = dict(failing or {})
        self.asked: list[str] = []
        self.why = "is busy"

    def leftovers(self, project: str) -> dict[str, dict[str, str]]:
        self.asked.append(project)
        return {kind: {name: name for name in names} for kind, names in self.there.items()}

    def remove(self, kind: str, ident: str) -> None:
        if self.failing.get(ident, 0):
            self.failing[ident] -= 1
            raise EngineError(f"{ident} {self.why}")
        if ident in self.there[kind]:
            self.there[kind].remove(ident)


def stack_of() -> dict[str, list[str]]:
    return {"containers": ["c1", "c2"], "networks": ["n"], "volumes": ["v"]}


def test_everything_goes_and_is_named() -> None:
    """All of it is removed, and what was removed is returned; the second time there is nothing."""
    engine = FakeEngine(stack_of())
    assert tear_down(engine, "p") == Removed(("c1", "c2"), ("n",), ("v",))
    assert not tear_down(engine, "p")
    assert set(engine.asked) == {"p"}


def test_a_removal_that_fails_at_first_is_tried_again() -> None:
    """The engine's own removal under way makes ours fail; the rest goes on and it is tried again."""
    engine = FakeEngine(stack_of(), {"c1": 2, "n": 1})
    assert tear_down(engine, "p")
    assert engine.there == {"containers": [], "networks": [], "volumes": []}


def test_what_stays_is_an_error_that_names_it(monkeypatch) -> None:
    """A network that something else uses is an error with its name and the reason, not a success."""
    monkeypatch.setattr(teardown, "_DEADLINE_S", 0.2)
    with pytest.raises(StackError, match=r"networks: n\): n is busy"):
        tear_down(FakeEngine(stack_of(), {"n": -1}), "p")


def test_an_engine_that_lost_count_of_a_network_is_told_apart(monkeypatch) -> None:
    """Nothing uses it, and it cannot be removed: only the engine's restart helps, so the error says that."""
    monkeypatch.setattr(teardown, "_DEADLINE_S", 0.2)
    engine = FakeEngine(stack_of(), {"n": -1})
    engine.why = "has active endpoints"
    with pytest.raises(StackError) as caught:
        tear_down(engine, "p")
    assert "restart it and try again" in str(caught.value)


def test_composes_own_failure_is_made_up_for() -> None:
    """When Compose cannot take it down (its files are gone or wrong), the labels do."""
    engine = FakeEngine(stack_of())

    def stop() -> None:
        raise EngineError("no such file")

    assert tear_down(engine, "p", stop).volumes == ("v",)
    assert not engine.there["volumes"]
