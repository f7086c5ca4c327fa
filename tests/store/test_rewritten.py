"""A store says when what was read of a series stops being true, and a rereader reads only what is new."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from heatdesk.history.rereading import Rereader
from heatdesk.market import HOUR_MS, Interval, Records, SeriesKey
from heatdesk.store.base import Reading, Store
from heatdesk.store.memory import MemoryStore
from heatdesk.store.sqlite import SqliteStore
from tests.store.samples import CANDLES, EVENTS, JANUARY, candles, events, same


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "memory":
        yield MemoryStore()
        return
    opened = SqliteStore(tmp_path)
    yield opened
    opened.close()


def rewritten(store: Store, key: SeriesKey = CANDLES) -> int:
    return next(info.rewritten for info in store.list() if info.key == key)


def test_only_rows_before_the_end_count_as_rewriting(store: Store):
    rows = candles(24 * 70)
    store.append(CANDLES, rows.take(slice(100, 1000)))
    assert rewritten(store) == 0
    store.append(CANDLES, rows.take(slice(1000, 1010)))
    store.append(CANDLES, rows.take(slice(990, 1020)))  # ten of them are there already
    store.append(CANDLES, rows.take(slice(1100, 1200)))
    assert rewritten(store) == 0
    store.append(CANDLES, rows.take(slice(1020, 1100)))  # a hole is filled
    assert rewritten(store) == 1
    store.append(CANDLES, rows.take(slice(0, 100)))  # older ones
    assert rewritten(store) == 2
    changed = rows.take(slice(1199, 1200))
    changed.columns["close"] = changed["close"] + 1.0
    store.append(CANDLES, changed)
    assert rewritten(store) == 3


def test_events_of_an_earlier_moment_count_too(store: Store):
    store.append(EVENTS, events([JANUARY, JANUARY + 10]))
    store.append(EVENTS, events([JANUARY + 20, JANUARY + 20]))
    assert rewritten(store, EVENTS) == 0
    store.append(EVENTS, events([JANUARY + 5]))
    assert rewritten(store, EVENTS) == 1


class Counting:
    """A store that notes what is read of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.read_from: list[int | None] = []

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> Reading:
        self.read_from.append(start_ms)
        return self._store.read(key, start_ms, end_ms)

    def list(self) -> Sequence:
        return self._store.list()

    def coverage(self, key: SeriesKey) -> tuple[Interval, ...]:
        return self._store.coverage(key)


def read(reader: Rereader) -> Records:
    reader.look()
    return reader.read(CANDLES).records


def test_only_what_is_new_is_read_and_all_is_there(store: Store):
    rows, counting = candles(24 * 70), Counting(store)
    reader = Rereader(counting)
    store.append(CANDLES, rows.take(slice(100, 1000)))
    first = read(reader)
    again = read(reader)
    assert again is first
    store.append(CANDLES, rows.take(slice(1000, 1200)))
    assert same(read(reader), rows.take(slice(100, 1200)))
    assert counting.read_from == [None, int(rows.time_ms[999]) + 1]
    store.append(CANDLES, rows.take(slice(0, 120)))
    assert same(read(reader), rows.take(slice(0, 1200)))
    assert counting.read_from[-1] is None
    with pytest.raises(ValueError, match="read-only"):
        store.append(CANDLES, rows.take(slice(1200, 1300)))
        read(reader)["close"][0] = 0.0


def test_ranges_and_unknown_series_are_the_stores_own(store: Store):
    rows = candles(500)
    store.append(CANDLES, rows)
    reader = Rereader(store)
    reader.look()
    end = int(rows.time_ms[200])
    assert same(reader.read(CANDLES, end_ms=end).records, rows.take(slice(0, 200)))
    assert same(reader.read(CANDLES, end).records, rows.take(slice(200, None)))
    assert len(reader.read(CANDLES, int(rows.time_ms[-1]) + HOUR_MS).records) == 0
    assert len(reader.read(EVENTS).records) == 0


def test_of_events_only_the_new_ones_are_read_whatever_is_asked_for(store: Store):
    counting = Counting(store)
    reader = Rereader(counting)
    store.append(EVENTS, events([JANUARY, JANUARY + 10, JANUARY + 20]))
    reader.look()
    assert reader.read(EVENTS, JANUARY + 10, JANUARY + 20).records.time_ms.tolist() == [JANUARY + 10]
    assert reader.read(EVENTS, JANUARY + 11).records.time_ms.tolist() == [JANUARY + 20]
    store.append(EVENTS, events([JANUARY + 30, JANUARY + 30]))
    reader.look()
    assert len(reader.read(EVENTS, JANUARY + 20).records) == 3
    assert counting.read_from == [None, JANUARY + 21]
    store.append(EVENTS, events([JANUARY + 30] * 3))  # one more of the last moment
    reader.look()
    assert len(reader.read(EVENTS, end_ms=JANUARY + 31).records) == 6
    assert counting.read_from[-1] is None


def test_what_is_kept_is_bounded():
    store = MemoryStore()
    keys = [SeriesKey("binance", f"C{i}/USDT:USDT", CANDLES.kind, "1h") for i in range(6)]
    for key in keys:
        store.append(key, candles(1000))
    reader = Rereader(store, most_bytes=120_000)
    reader.look()
    for key in keys:
        assert len(reader.read(key).records) == 1000
    kept = sum(of.n_bytes for of in reader._kept.values())
    assert 0 < kept <= 120_000
    assert np.all([of.n_bytes == 56_000 for of in reader._kept.values()])
