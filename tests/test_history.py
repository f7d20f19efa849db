"""A history is folded into operations exactly, whatever was cut off of it, and refused when it is corrupt."""

from __future__ import annotations

import itertools
import json
import mmap
import resource
import subprocess
import sys

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HistoryError
from harness.history import ATTEMPTS, OPERATIONS, HistoryWriter, read_history

FOLDS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
REQUEST = {"debtor": "r-a", "creditor": "r-b", "amount": 7, "currency": "EUR"}

ends = st.sampled_from(["ok", "fail", "info", None])
# A dropped operation is the empty list; an attempt without an end was cut off, so it is the last one.
attempts = st.lists(ends, max_size=5).map(
    lambda said: [*itertools.takewhile(lambda end: end, said), None][: len(said)]
)
stories = st.lists(attempts, min_size=1, max_size=12)
numbers = itertools.count()


def write(path, stories, order=None):
    """Write operations, their lines interleaved by ``order``; times are line numbers."""
    with HistoryWriter(path, run="r", seed=1) as writer:
        told = [list(_lines(writer, key, story)) for key, story in enumerate(stories)]
        lines = [line for lines in told for line in lines] if order is None else order(told)
        for at, line in enumerate(lines, 1):
            line(float(at))
        writer.end(float(len(lines) + 1))
    return path


def _lines(writer, number, story):
    key = f"r-{number}"
    if not story:
        yield lambda at: writer.drop(key, "pay", write=True, intended_at=at, at=at)
    for attempt, end in enumerate(story, 1):
        yield lambda at, attempt=attempt: writer.invoke(
            key,
            "pay",
            write=True,
            attempt=attempt,
            intended_at=at,
            at=at,
            request=REQUEST if attempt == 1 else None,
        )
        if end is not None:
            yield lambda at, attempt=attempt, end=end: writer.done(
                key,
                attempt=attempt,
                at=at,
                outcome=end,
                status=200 + attempt,
                node=f"n-{attempt}",
                payment_id=key,
            )


def whole(story):
    """The outcome by the vocabulary's own words."""
    if "ok" in story:
        return "ok"
    return "fail" if all(end == "fail" for end in story) else "info"


def fresh(tmp_path):
    return tmp_path / f"{next(numbers)}.jsonl"


@FOLDS
@given(stories=stories, random=st.randoms(use_true_random=False))
def test_attempts_fold_to_the_outcome_that_the_vocabulary_says(tmp_path, stories, random):
    """Whatever the order of lines: ok if any attempt was, fail if all were or it was dropped, else info."""

    def shuffled(told):
        left = [lines for lines in told if lines]
        while left:
            lines = random.choice(left)
            yield_now.append(lines.pop(0))
            left = [lines for lines in left if lines]
        return yield_now

    yield_now = []
    history = read_history(write(fresh(tmp_path), stories, shuffled))
    rows = {row["key"]: row for row in history.operations.iter_rows(named=True)}
    assert len(rows) == len(stories)
    for number, story in enumerate(stories):
        row = rows[f"r-{number}"]
        assert row["outcome"] == whole(story)
        assert row["attempts"] == len(story)
        assert row["dropped"] == (not story)
        assert row["amount"] == (7 if story else None)


@FOLDS
@given(story=attempts.filter(bool))
def test_the_answer_is_that_of_the_first_acknowledgement_else_of_the_last_completion(tmp_path, story):
    """``done_at``, ``status`` and ``node`` come from one attempt, and ``sent_at`` from the first."""
    history = read_history(write(fresh(tmp_path), [story]))
    row = history.operations.row(0, named=True)
    over = [number for number, end in enumerate(story, 1) if end is not None]
    chosen = story.index("ok") + 1 if "ok" in story else (over[-1] if over else None)
    assert row["sent_at"] == 1.0
    assert row["status"] == (None if chosen is None else 200 + chosen)
    assert row["node"] == (None if chosen is None else f"n-{chosen}")
    assert row["done_at"] == (None if chosen is None else 2.0 * chosen)
    assert history.attempts["outcome"].to_list() == [end or "info" for end in story]


@settings(FOLDS, max_examples=150)
@given(stories=stories, cut=st.floats(0, 1))
def test_a_history_cut_at_any_byte_still_reads(tmp_path, stories, cut):
    """A crash loses the line that was being written and nothing before it."""
    path = write(fresh(tmp_path), stories)
    data = path.read_bytes()
    header = data.index(b"\n") + 1
    kept = data[: header + int(cut * (len(data) - header))]
    path.write_bytes(kept)
    history = read_history(path)
    assert history.truncated == (not kept.endswith(b"\n"))
    assert history.ended == kept.endswith(data[-10:])
    assert history.attempts.height == kept[: kept.rindex(b"\n")].count(b'"invoke"')


junk = st.one_of(
    st.binary(min_size=1, max_size=40).filter(lambda line: b"\n" not in line and b"\r" not in line),
    st.sampled_from([
        b"", b"{}", b"[]", b"null", b'{"t":"done"}', b'{"t":"invoked","at":1}', b'{"t":"end"}', b'{"t":"end","at":"x"}',
        b'{"t":"done","key":"r-0","attempt":99,"at":1,"outcome":"ok"}',
        b'{"t":"done","key":"r-0","attempt":1,"at":1,"outcome":"maybe"}',
        b'{"t":"drop","key":"r-0","kind":"pay","write":1,"intended_at":1,"at":1}',
    ]),
)  # fmt: skip


@settings(FOLDS, max_examples=150)
@given(junk=junk, place=st.floats(0, 1, exclude_max=True))
def test_a_corrupt_line_in_the_middle_is_refused_by_its_number(tmp_path, junk, place):
    """What is not a line of the contract is named by file and line, never skipped."""
    path = write(fresh(tmp_path), [["ok"], ["info", "ok"], ["fail"], []])
    lines = path.read_bytes().split(b"\n")[:-1]
    number = 1 + int(place * (len(lines) - 1))
    path.write_bytes(b"\n".join([*lines[:number], junk, *lines[number:]]) + b"\n")
    with pytest.raises(HistoryError) as refused:
        read_history(path)
    assert refused.value.where == f"{path}:{number + 1}"


def test_a_corrupt_line_is_found_beyond_the_first_piece(tmp_path, monkeypatch):
    """The number counts from the file's beginning, whatever pieces it is read in."""
    monkeypatch.setattr("harness.history.lines.PIECE_BYTES", 300)
    path = write(fresh(tmp_path), [["ok"]] * 50)
    assert read_history(path).operations.height == 50
    lines = path.read_bytes().split(b"\n")
    lines[80] = lines[80][:-1]
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(HistoryError) as refused:
        read_history(path)
    assert refused.value.where == f"{path}:81"


@pytest.mark.parametrize("repeated", ["invoke", "done", "drop"])
def test_the_same_line_twice_is_refused(tmp_path, repeated):
    """An attempt begins once and ends once, or the outcomes mean nothing."""
    path = write(fresh(tmp_path), [["ok"], []])
    lines = path.read_text().splitlines()
    again = next(line for line in lines if json.loads(line)["t"] == repeated)
    path.write_text("\n".join([*lines, again]) + "\n")
    with pytest.raises(HistoryError, match="twice") as refused:
        read_history(path)
    assert refused.value.where == f"{path}:{len(lines) + 1}"


@pytest.mark.parametrize(
    "first", ["", "\n", '{"t":"end","at":1}\n', '{"t":"header","run":"r","schema":2}\n', '{"t":"he']
)
def test_a_file_without_a_header_is_refused(tmp_path, first):
    """Another file, or another schema, is not taken for a history."""
    path = fresh(tmp_path)
    path.write_text(first)
    with pytest.raises(HistoryError) as refused:
        read_history(path)
    assert refused.value.where == f"{path}:1"


def test_a_missing_file_is_one_clear_error(tmp_path):
    """No traceback of the operating system."""
    with pytest.raises(HistoryError, match="No such file"):
        read_history(tmp_path / "nothing.jsonl")


def test_the_tables_have_the_columns_of_the_contract(tmp_path):
    """Names and types, also when there is nothing in them."""
    for stories in ([], [["ok"]], [[]], [["info", "ok"]]):
        history = read_history(write(fresh(tmp_path), stories))
        assert history.operations.schema == pl.Schema(OPERATIONS)
        assert history.attempts.schema == pl.Schema(ATTEMPTS)
        assert history.ended


@FOLDS
@given(text=st.text())
def test_any_text_is_written_so_that_it_reads_back(tmp_path, text):
    """Lines are formatted by hand, so every character must survive it."""
    path = fresh(tmp_path)
    text = text.encode("utf-8", "replace").decode()
    with HistoryWriter(path, run="r", seed=1) as writer:
        writer.invoke("k" + text, text, write=False, attempt=1, intended_at=1, at=1)
        writer.done("k" + text, attempt=1, at=2, outcome="info", error=text, node=text, payment_id=text)
    row = read_history(path).operations.row(0, named=True)
    assert [row[name] for name in ("key", "kind", "error", "node", "payment_id")] == ["k" + text, *[text] * 4]


def test_what_an_answer_tells_beyond_its_outcome_reads_back(tmp_path):
    """Who wrote, what was seen and where; what the reader asked for; and that it must be refused."""
    path = fresh(tmp_path)
    with HistoryWriter(path, run="r", seed=1) as writer:
        writer.invoke(
            "r-1",
            "read",
            write=False,
            attempt=1,
            intended_at=1,
            at=1,
            after="0/A",
            reads="p1",
            forbidden=True,
        )
        writer.done("r-1", attempt=1, at=2, outcome="ok", seen="created", writer="l-2/3", position="0/B")
        writer.invoke("r-2", "pay", write=True, attempt=1, intended_at=3, at=3)
        writer.drop("r-3", "pay", write=True, intended_at=4, at=4, forbidden=True)
    history = read_history(path)
    told = history.attempts.select("after", "reads", "seen", "writer", "position").rows()
    assert told == [("0/A", "p1", "created", "l-2/3", "0/B"), (None,) * 5]
    assert history.operations.select("key", "forbidden").rows() == [
        ("r-1", True),
        ("r-2", False),
        ("r-3", True),
    ]


def test_a_line_is_in_the_file_when_the_call_returns(tmp_path):
    """Another process reads it while the writer is open: nothing waits in a buffer."""
    path = fresh(tmp_path)
    with HistoryWriter(path, run="r", seed=1) as writer:
        for attempt in range(1, 40):
            writer.invoke("r-1", "pay", write=True, attempt=attempt, intended_at=1, at=1, request=REQUEST)
            written = subprocess.run(["tail", "-c", "+1", path], capture_output=True, check=True).stdout
            assert written.count(b'"invoke"') == attempt
            assert json.loads(written.rstrip(b"\0").splitlines()[-1])["request"] == REQUEST
            history = read_history(path)
            assert (history.ended, history.truncated, history.attempts.height) == (False, False, attempt)


KILLED = """
import os, signal, sys
from pathlib import Path
from harness.history import HistoryWriter
writer = HistoryWriter(Path(sys.argv[1]), run="r", seed=1)
for number in range(int(sys.argv[2])):
    writer.drop(f"r-{number}", "pay", write=True, intended_at=1, at=1)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("lines", [0, 1, 20_000])
def test_a_killed_writer_leaves_every_line_it_wrote(tmp_path, lines):
    """SIGKILL right after a line: the file has it, however long it has become."""
    path = fresh(tmp_path)
    killed = subprocess.run([sys.executable, "-c", KILLED, path, str(lines)], check=False)
    assert killed.returncode == -9
    history = read_history(path)
    assert (history.operations.height, history.ended, history.truncated) == (lines, False, False)


@FOLDS
@given(sizes=st.lists(st.integers(0, 9000), max_size=30))
def test_lines_of_any_length_cross_the_windows_of_the_mapping(tmp_path, sizes):
    """The file holds the lines and not a byte more when it is closed."""
    path = fresh(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.history.writer.WINDOW_BYTES", mmap.ALLOCATIONGRANULARITY)
        with HistoryWriter(path, run="r", seed=1) as writer:
            for number, size in enumerate(sizes):
                writer.drop(f"r-{number}-{'x' * size}", "pay", write=True, intended_at=1, at=1)
    data = path.read_bytes()
    assert data.endswith(b"}\n")
    assert b"\0" not in data
    assert read_history(path).operations["key"].str.len_bytes().sum() == sum(
        len(f"r-{number}-") + size for number, size in enumerate(sizes)
    )


def test_a_full_disk_is_an_error_and_not_a_signal(tmp_path):
    """The lines before it are there, and the file has an end."""
    path = fresh(tmp_path)
    written = []

    def fill():
        with HistoryWriter(path, run="r", seed=1) as writer:
            for number in itertools.count():
                writer.drop(f"r-{number}", "pay", write=True, intended_at=1, at=1)
                written.append(number)

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 1024 * 1024, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert read_history(path).operations.height == len(written) > 10_000


@pytest.mark.parametrize("amount", [1.5, "7"])
def test_an_amount_that_is_no_whole_number_is_refused(tmp_path, amount):
    """By the writer, since the line could not be read; what a request lacks is null."""
    path = fresh(tmp_path)
    with HistoryWriter(path, run="r", seed=1) as writer:
        keys = {"write": True, "attempt": 1, "intended_at": 1, "at": 1}
        writer.invoke("r-1", "pay", request={"amount": 3}, **keys)
        with pytest.raises(ValueError, match="format code"):
            writer.invoke("r-2", "pay", request={"amount": amount}, **keys)
    row = read_history(path).operations.row(0, named=True)
    assert (row["key"], row["amount"], row["debtor"]) == ("r-1", 3, None)


def test_a_history_is_never_written_over(tmp_path):
    """A second load of the same run folder is refused."""
    path = write(fresh(tmp_path), [["ok"]])
    with pytest.raises(HistoryError, match="exists"):
        HistoryWriter(path, run="r", seed=1)
