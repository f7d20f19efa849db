"""Repositories for property tests."""

from backup.repository import Backup, Repository
from hypothesis import strategies as st

TIMES = st.integers(0, 10_000).map(float)
SEGMENTS = st.builds(
    lambda timeline, log, segment: f"{timeline:08X}{log:08X}{segment:08X}",
    st.integers(1, 5),
    st.integers(0, 3),
    st.integers(0, 255),
)
BACKUPS = st.builds(
    Backup,
    kind=st.sampled_from(["full", "incr"]),
    stopped_at=TIMES,
    wal_stop=SEGMENTS,
    stored_bytes=st.integers(0, 10**9),
    failed=st.booleans(),
)
REPOSITORIES = st.builds(
    Repository,
    usable=st.booleans(),
    backups=st.lists(BACKUPS, max_size=5).map(lambda some: tuple(sorted(some, key=lambda b: b.stopped_at))),
    wal_newest=st.none() | SEGMENTS,
)
