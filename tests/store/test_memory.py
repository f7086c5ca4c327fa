"""The store in memory keeps the promises of the one on disk."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.errors import BadInputError
from heatdesk.market import HOUR_MS, Interval, Records
from heatdesk.store.base import Store
from heatdesk.store.memory import MemoryStore
from heatdesk.store.sqlite import SqliteStore
from tests.store.samples import CANDLES, EVENTS, JANUARY, candles, events, same


def test_it_is_a_store() -> None:
    store: Store = MemoryStore()
    assert store.list() == ()
    assert len(store.read(CANDLES).records) == 0
    assert store.coverage(EVENTS) == ()


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(0, 24 * 70), st.integers(1, 200), st.integers(1, 3)), min_size=1, max_size=6
    ),
    st.integers(0, 24 * 80),
    st.integers(0, 24 * 80),
)
def test_it_answers_as_the_store_on_disk(pieces: list[tuple[int, int, int]], low: int, high: int) -> None:
    memory = MemoryStore()
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder)) as disk:
        for start, count, seed in pieces:
            rows = candles(count, JANUARY + start * HOUR_MS, seed=seed)
            assert memory.append(CANDLES, rows) == disk.append(CANDLES, rows)
            some = events(rows.time_ms[:5].tolist())
            covered = [Interval(int(rows.time_ms[0]), int(rows.time_ms[-1]) + 1)]
            assert memory.append(EVENTS, some, covered) == disk.append(EVENTS, some, covered)
        for key in (CANDLES, EVENTS):
            bounds = JANUARY + low * HOUR_MS, JANUARY + high * HOUR_MS
            assert same(memory.read(key).records, disk.read(key).records)
            assert same(memory.read(key, *bounds).records, disk.read(key, *bounds).records)
        assert memory.coverage(EVENTS) == disk.coverage(EVENTS)
        assert set(memory.list()) == set(disk.list())


def test_what_was_read_does_not_change() -> None:
    store = MemoryStore()
    rows = candles(10)
    store.append(CANDLES, rows)
    before = store.read(CANDLES).records
    rows["close"][:] = 1.0
    store.append(CANDLES, candles(20, seed=2))
    assert same(before, candles(10))
    assert len(store.read(CANDLES).records) == 20
    with pytest.raises(ValueError, match="read-only"):
        before["close"][0] = 1.0


def test_rows_that_break_the_rules_are_refused() -> None:
    rows = candles(5)
    backwards = rows.take(slice(None, None, -1))
    twice = Records(rows.kind, np.repeat(rows.time_ms[:1], 5), rows.columns)
    lacking = Records(rows.kind, rows.time_ms, {"open": rows["open"]})
    store = MemoryStore()
    for bad in (backwards, twice, lacking, events([JANUARY])):
        with pytest.raises(BadInputError):
            store.append(CANDLES, bad)
    assert store.list() == ()


def test_readers_see_whole_appends() -> None:
    store = MemoryStore()
    rows = candles(2_000)
    problems: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen = store.read(CANDLES).records
            if len(seen) % 10 or not same(seen, rows.take(slice(0, len(seen)))):
                problems.append(len(seen))

    watchers = [threading.Thread(target=watch) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    try:
        for i in range(0, len(rows), 10):
            store.append(CANDLES, rows.take(slice(i, i + 10)))
    finally:
        done.set()
        for watcher in watchers:
            watcher.join()
    assert problems == []
    assert same(store.read(CANDLES).records, rows)
