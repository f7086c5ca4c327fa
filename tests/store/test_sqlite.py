import os
import sqlite3
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.errors import BadInputError, MachineError
from heatdesk.market import DAY_MS, HOUR_MS, Interval, Kind, Records, SeriesKey
from heatdesk.store import sqlite as sqlite_module
from heatdesk.store.base import Appended, Store
from heatdesk.store.merge import merge
from heatdesk.store.schema import open_writer
from heatdesk.store.series import StoredSeries
from heatdesk.store.sqlite import SqliteStore
from tests.store.samples import CANDLES, EVENTS, JANUARY, SYMBOL, candles, events, same


def test_it_is_a_store(tmp_path: Path) -> None:
    store: Store = SqliteStore(tmp_path, read_only=True)
    assert store.list() == ()


def test_rows_come_back_from_blocks_and_tail(tmp_path: Path) -> None:
    rows = candles(24 * 100 + 5)
    with SqliteStore(tmp_path) as store:
        assert store.append(CANDLES, rows) == Appended(len(rows), 0, 0)
        assert same(store.read(CANDLES).records, rows)
    reader = SqliteStore(tmp_path, read_only=True)
    assert same(reader.read(CANDLES).records, rows)
    with sqlite3.connect(tmp_path / "binance.sqlite") as db:
        assert db.execute("SELECT month FROM block ORDER BY month").fetchall() == [
            (660 + i,) for i in range(4)
        ]
        assert db.execute("SELECT count(*) FROM tail").fetchone() == (5,)
    db.close()


@pytest.mark.parametrize(
    "bounds", [(None, None), (5, 30), (24, 48), (700, 800), (2399, 2401), (0, 1), (9000, None)]
)
def test_a_range_is_half_open(tmp_path: Path, bounds: tuple[int | None, int | None]) -> None:
    rows = candles(24 * 100 + 5)
    start, end = bounds
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, rows)
        low = None if start is None else JANUARY + start * HOUR_MS
        high = None if end is None else JANUARY + end * HOUR_MS
        assert same(store.read(CANDLES, low, high).records, rows.take(slice(start, end)))


def test_the_same_rows_again_change_nothing(tmp_path: Path) -> None:
    rows = candles(1000)
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, rows)
        assert store.append(CANDLES, rows) == Appended(0, 0, 1000)
        assert same(store.read(CANDLES).records, rows)


def test_a_day_becomes_part_of_its_month_when_the_next_begins(tmp_path: Path) -> None:
    rows = candles(24 * 40)
    with SqliteStore(tmp_path) as store:
        for i in range(0, len(rows), 7):
            store.append(CANDLES, rows.take(slice(i, i + 7)))
        assert same(store.read(CANDLES).records, rows)
        assert store.list()[0].rows == len(rows)
    with sqlite3.connect(tmp_path / "binance.sqlite") as db:
        assert db.execute("SELECT count(*) FROM tail").fetchone()[0] <= 24
    db.close()


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 24 * 70), st.integers(1, 200), st.integers(1, 3)), min_size=1, max_size=6
    )
)
def test_pieces_in_any_order_give_what_a_merge_in_memory_gives(pieces: list[tuple[int, int, int]]) -> None:
    import tempfile

    expected = Records.empty(Kind.CANDLES)
    with tempfile.TemporaryDirectory() as folder, SqliteStore(Path(folder)) as store:
        for start, count, seed in pieces:
            rows = candles(count, JANUARY + start * HOUR_MS, seed=seed)
            expected, done = merge(expected, rows)
            assert store.append(CANDLES, rows) == done
        reading = store.read(CANDLES)
        assert reading.damaged == ()
        assert same(reading.records, expected)


def test_events_of_one_millisecond_stay_apart_and_are_not_doubled(tmp_path: Path) -> None:
    twice = events([JANUARY, JANUARY, JANUARY + 5, JANUARY + 40 * DAY_MS])
    with SqliteStore(tmp_path) as store:
        assert store.append(EVENTS, twice, [Interval(JANUARY, JANUARY + 10)]).new == 4
        assert store.append(EVENTS, twice).new == 0
        assert store.append(EVENTS, events([JANUARY], [7.0])).new == 1
        assert len(store.read(EVENTS).records) == 5
        assert len(store.read(EVENTS, JANUARY, JANUARY + 1).records) == 3


def test_a_month_of_very_many_events_is_several_blocks(tmp_path: Path) -> None:
    count = 200_000
    times = (JANUARY + np.arange(count) * 1000).tolist()
    rows = events(times, list(map(float, range(count))))
    with SqliteStore(tmp_path) as store:
        store.append(EVENTS, rows)
        store.append(EVENTS, events([JANUARY + 40 * DAY_MS]))
        assert len(store.read(EVENTS).records) == count + 1
        assert same(store.read(EVENTS, None, JANUARY + count * 1000).records, rows)


def test_coverage_is_merged(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        store.append(
            EVENTS, events([JANUARY]), [Interval(JANUARY, JANUARY + 10), Interval(JANUARY + 20, JANUARY + 30)]
        )
        store.append(EVENTS, Records.empty(Kind.EVENTS), [Interval(JANUARY + 10, JANUARY + 15)])
        expected = (Interval(JANUARY, JANUARY + 15), Interval(JANUARY + 20, JANUARY + 30))
        assert store.coverage(EVENTS) == expected
    assert SqliteStore(tmp_path, read_only=True).coverage(EVENTS) == expected
    assert SqliteStore(tmp_path, read_only=True).coverage(CANDLES) == ()


def test_series_are_told_apart_and_listed(tmp_path: Path) -> None:
    mark = SeriesKey("binance", SYMBOL, Kind.CANDLES, "1h", "mark")
    other = SeriesKey("bybit", SYMBOL, Kind.CANDLES, "1h")
    with SqliteStore(tmp_path) as store:
        for seed, key in enumerate((CANDLES, mark, other)):
            store.append(key, candles(30, seed=seed))
        for seed, key in enumerate((CANDLES, mark, other)):
            assert same(store.read(key).records, candles(30, seed=seed))
        listed = store.list()
    assert {info.key for info in listed} == {CANDLES, mark, other}
    assert {(info.rows, info.start_ms, info.end_ms) for info in listed} == {
        (30, JANUARY, JANUARY + 29 * HOUR_MS)
    }
    assert sorted(path.name for path in tmp_path.glob("*.sqlite")) == ["binance.sqlite", "bybit.sqlite"]


def test_an_unknown_series_is_empty_and_makes_no_file(tmp_path: Path) -> None:
    reading = SqliteStore(tmp_path / "none", read_only=True).read(CANDLES)
    assert len(reading.records) == 0
    assert reading.damaged == ()
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("exchange", ["", "../x", "Binance", "a/b", "b\0", "nul.sqlite", "é", "x" * 33])
def test_only_plain_exchange_names_become_files(tmp_path: Path, exchange: str) -> None:
    key = SeriesKey(exchange, SYMBOL, Kind.CANDLES, "1h")
    with SqliteStore(tmp_path / "history") as store:
        with pytest.raises(BadInputError, match="exchange name"):
            store.append(key, candles(1))
        with pytest.raises(BadInputError, match="exchange name"):
            store.read(key)
    assert [path.name for path in (tmp_path / "history").iterdir()] == ["writer.lock"]


def test_hostile_names_of_symbols_are_only_text(tmp_path: Path) -> None:
    key = SeriesKey("binance", "x'; DROP TABLE series; --", Kind.CANDLES, "1h")
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, candles(3))
        store.append(key, candles(5))
        assert len(store.read(key).records) == 5
        assert len(store.read(CANDLES).records) == 3


def test_rows_that_break_the_rules_are_refused(tmp_path: Path) -> None:
    rows = candles(5)
    backwards = rows.take(slice(None, None, -1))
    twice = Records(rows.kind, np.repeat(rows.time_ms[:1], 5), rows.columns)
    short = Records(rows.kind, rows.time_ms, {**rows.columns, "open": rows["open"][:2]})
    lacking = Records(rows.kind, rows.time_ms, {"open": rows["open"]})
    seconds = Records(rows.kind, -rows.time_ms[::-1], rows.columns)
    with SqliteStore(tmp_path) as store:
        for bad in (backwards, twice, short, lacking, seconds, events([JANUARY])):
            with pytest.raises(BadInputError):
                store.append(CANDLES, bad)
        assert store.list() == ()


def test_files_are_private(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "history") as store:
        store.append(CANDLES, candles(30))
        files = list((tmp_path / "history").iterdir())
        assert {"binance.sqlite", "writer.lock"} <= {file.name for file in files}
        if os.name == "posix":
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_an_append_costs_the_same_however_much_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in SQLite's own steps: they do not grow with the number of series, nor with a series' length."""
    opened: list[sqlite3.Connection] = []

    def watched(path: Path) -> sqlite3.Connection:
        opened.append(open_writer(path))
        return opened[-1]

    monkeypatch.setattr(sqlite_module, "open_writer", watched)
    rows = candles(24 * 1500 + 40)

    def steps(store: SqliteStore, start: int) -> int:
        """What five appends of one row take, the newest of their day."""
        counted = [0]

        def count() -> int:
            counted[0] += 1
            return 0

        opened[-1].set_progress_handler(count, 1)
        for at in range(start, start + 5):
            store.append(CANDLES, rows.take(slice(at, at + 1)))
        opened[-1].set_progress_handler(None, 1)
        return counted[0]

    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, rows.take(slice(0, 30)))
        few = steps(store, 30)
        for number in range(200):
            other = SeriesKey("binance", f"C{number}/USDT:USDT", Kind.CANDLES, "1h")
            store.append(other, rows.take(slice(0, 3)))
        store.append(CANDLES, rows.take(slice(35, 24 * 1500 + 30)))
        assert steps(store, 24 * 1500 + 30) <= few * 1.2


def test_a_series_whose_first_append_failed_is_made_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = candles(10)
    with SqliteStore(tmp_path) as store:
        with monkeypatch.context() as broken:

            def fail(*_: object) -> Appended:
                raise MachineError("The disk is full.")

            broken.setattr(StoredSeries, "append", fail)
            with pytest.raises(MachineError):
                store.append(CANDLES, rows)
        store.append(EVENTS, events([1, 2, 3]))
        store.append(CANDLES, rows)
        assert same(store.read(CANDLES).records, rows)
        assert len(store.list()) == 2


def test_there_is_one_writer(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        with pytest.raises(MachineError, match=f"process {os.getpid()}"):
            SqliteStore(tmp_path)
        store.append(CANDLES, candles(3))
        assert len(SqliteStore(tmp_path, read_only=True).read(CANDLES).records) == 3
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, candles(4))


def test_a_reader_does_not_write(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="reading only"):
        SqliteStore(tmp_path, read_only=True).append(CANDLES, candles(3))


def test_a_newer_format_is_refused_in_words(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, candles(3))
    with sqlite3.connect(tmp_path / "binance.sqlite") as db:
        db.execute("UPDATE meta SET value = 2 WHERE name = 'schema'")
    db.close()
    with pytest.raises(MachineError, match="newer heatdesk"):
        SqliteStore(tmp_path, read_only=True).read(CANDLES)
    with SqliteStore(tmp_path) as store, pytest.raises(MachineError, match="newer heatdesk"):
        store.append(CANDLES, candles(3))


def test_a_reader_sees_whole_appends_from_other_threads(tmp_path: Path) -> None:
    rows = candles(24 * 60)
    problems: list[str] = []
    done = threading.Event()

    def watch() -> None:
        reader = SqliteStore(tmp_path, read_only=True)
        while not done.is_set():
            reading = reader.read(CANDLES)
            if reading.damaged or not same(reading.records, rows.take(slice(0, len(reading.records)))):
                problems.append(f"{len(reading.records)} rows, {reading.damaged}")
            if len(reading.records) % 10:
                problems.append("half an append")

    with SqliteStore(tmp_path) as store:
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
