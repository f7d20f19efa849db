"""An operation is tried as its rulings say, within its limits, and every attempt is recorded before it is sent."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.history import HistoryWriter, read_history
from harness.load.attempts import Ending, Limits, Operation, Performer
from harness.load.outcomes import Ruling
from harness.load.plan import BACKOFF_MAX_S, stream

FOLDS = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = itertools.count()
rulings = st.one_of(
    st.just(Ruling("ok", again=False)),
    st.just(Ruling("fail", again=False)),
    st.just(Ruling("fail", again=True)),
    st.just(Ruling("info", again=False)),
    st.just(Ruling("info", again=True)),
)


class World:
    """A stack that answers as told, and a clock that only it and sleeping move."""

    def __init__(self, path, answers, *, answer_s=0.0):
        self.path = path
        self.answers = iter(answers)
        self.answer_s = answer_s
        self.at = 100.0
        self.slept = []
        self.recorded_when_sent = []

    def send(self, _operation):
        self.recorded_when_sent.append(self.path.read_text().count('"invoke"'))
        self.at += self.answer_s
        return Ending(next(self.answers))

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += seconds

    def perform(self, limits):
        with HistoryWriter(self.path, run="r", seed=1) as history:
            performer = Performer(
                history, self.send, sleep=self.sleep, random=stream(1, "jitter"), clock=lambda: self.at
            )
            request = {"debtor": "a", "creditor": "b", "amount": 1, "currency": "EUR"}
            return performer.perform(Operation("r-1", "pay", True, 99.0, None, request), limits)


def world(tmp_path, answers, **keys):
    return World(tmp_path / f"{next(numbers)}.jsonl", answers, **keys)


@FOLDS
@given(answers=st.lists(rulings, min_size=5, max_size=5), attempts_max=st.integers(1, 5))
def test_it_goes_on_while_it_is_worth_it_and_allowed(tmp_path, answers, attempts_max):
    """It ends with the first answer that is final, or with the last attempt; history and outcome agree."""
    made = world(tmp_path, answers)
    ended = made.perform(Limits(attempts_max, 1e9))
    final = next((n for n, ruling in enumerate(answers, 1) if not ruling.again), 5)
    history = read_history(made.path)
    operation = history.operations.row(0, named=True)
    assert operation["attempts"] == min(final, attempts_max)
    assert operation["outcome"] == ended.outcome
    assert made.recorded_when_sent == list(range(1, operation["attempts"] + 1))
    assert len(made.slept) == operation["attempts"] - 1


@FOLDS
@given(answer_s=st.floats(0, 3), life_s=st.floats(0, 20))
def test_no_attempt_begins_after_the_operations_life(tmp_path, answer_s, life_s):
    """Its last answer comes at most one attempt after the limit."""
    made = world(tmp_path, itertools.repeat(Ruling("info", again=True)), answer_s=max(answer_s, 0.01))
    ended = made.perform(Limits(None, 100 + life_s))
    sent = read_history(made.path).attempts["sent_at"].to_list()
    assert all(at <= 100 + life_s for at in sent)
    assert ended.at + BACKOFF_MAX_S > 100 + life_s
    assert ended.outcome == "info"


def test_a_refusal_after_an_unknown_leaves_the_operation_unknown(tmp_path):
    """The first attempt may have had its effect."""
    made = world(tmp_path, [Ruling("info", again=True), Ruling("fail", again=False)])
    assert made.perform(Limits(4, 1e9)).outcome == "info"


def test_refusals_alone_are_a_failure(tmp_path):
    """Every attempt surely had no effect."""
    made = world(tmp_path, [Ruling("fail", again=True)] * 4)
    assert made.perform(Limits(4, 1e9)).outcome == "fail"
