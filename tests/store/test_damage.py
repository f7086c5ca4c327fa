"""Changed bytes in the store's files (faults.md D, S5): never a wrong row, and none gone in silence."""

import contextlib
import random
import sqlite3
from pathlib import Path

import pytest

from heatdesk.errors import MachineError
from heatdesk.market import DAY_MS, Interval, Kind, Records, SeriesKey
from heatdesk.store.sqlite import SqliteStore
from tests.store.samples import CANDLES, EVENTS, JANUARY, SYMBOL, candles, events, rows_as_set, same


class Written:
    """A store with blocks and tails of several series, and what is in it."""

    FUNDING = SeriesKey("binance", SYMBOL, Kind.FUNDING)

    def __init__(self, folder: Path) -> None:
        self.file = folder / "binance.sqlite"
        times = [JANUARY + i * 7_000_000 + i // 3 for i in range(900)]
        self.series: dict[SeriesKey, Records] = {
            CANDLES: candles(24 * 75 + 7),
            EVENTS: events(sorted(times + times[::5])),
            self.FUNDING: Records(
                Kind.FUNDING, candles(9).time_ms, {"funding_rate": candles(9)["volume"] / 1e6}
            ),
        }
        with SqliteStore(folder) as store:
            for key, rows in self.series.items():
                store.append(key, rows, [Interval(JANUARY, JANUARY + 70 * DAY_MS)] if key is EVENTS else ())
        self.image = self.file.read_bytes()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("written"))


def mutate(written: Written, folder: Path, files: range) -> dict[str, int]:
    """Change 1 to 64 bytes of the file, read everything, then write; returns how often what happened."""
    counts = {"as written": 0, "gap": 0, "refused": 0}
    path = folder / written.file.name
    for seed in files:
        random_ = random.Random(seed)
        image = bytearray(written.image)
        for _ in range(random_.choice((1, 2, 8, 64))):
            image[random_.randrange(len(image))] = random_.randrange(256)
        for old in folder.glob("binance*"):
            old.unlink()
        path.write_bytes(image)
        reader = SqliteStore(folder, read_only=True)
        for key, rows in written.series.items():
            try:
                reading = reader.read(key)
                coverage = reader.coverage(key)
            except MachineError:
                counts["refused"] += 1
                continue
            found, true = rows_as_set(reading.records), rows_as_set(rows)
            assert found <= true, f"seed {seed}: {key.kind} reads rows that were never written"
            assert len(reading.records) == len(rows) or reading.damaged, (
                f"seed {seed}: rows are gone in silence"
            )
            lost = {row[0] for row in true - found}
            assert all(any(a <= time < b for a, b in reading.damaged) for time in lost), f"seed {seed}"
            assert coverage in ((), ((JANUARY, JANUARY + 70 * DAY_MS),)), f"seed {seed}"
            counts["gap" if reading.damaged else "as written"] += 1
        with contextlib.suppress(MachineError):
            reader.list()
        try:
            with SqliteStore(folder) as store:
                for key, rows in written.series.items():
                    store.append(key, rows)
                    assert rows_as_set(store.read(key).records) <= rows_as_set(rows), f"seed {seed}"
        except MachineError:
            counts["refused"] += 1
    return counts


def test_changed_bytes_are_gaps_or_refused_but_never_rows(written: Written, tmp_path: Path) -> None:
    counts = mutate(written, tmp_path, range(120))
    assert min(counts.values()) > 5, counts


@pytest.mark.slow
def test_changed_bytes_2000_times(written: Written, tmp_path: Path) -> None:
    mutate(written, tmp_path, range(1000, 3000))


@pytest.mark.parametrize("statement", [
    "UPDATE block SET data = zeroblob(100) WHERE series = 1 AND month = 661",
    "DELETE FROM block WHERE series = 1 AND month = 661",
    "UPDATE block SET data = (SELECT b.data FROM block b WHERE b.month = 660) WHERE series = 1 AND month = 661",
    "UPDATE block SET month = 700 WHERE series = 1 AND month = 661",
    "UPDATE block SET data = CAST(x'ff00' AS TEXT) WHERE series = 1 AND month = 661",
], ids=["zeros", "gone", "swapped", "misfiled", "text"])  # fmt: skip
def test_a_damaged_month_is_a_gap_that_new_rows_fill(tmp_path: Path, statement: str) -> None:
    rows = candles(24 * 75 + 7)
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, rows)
    alter(tmp_path, statement)
    february = Interval(JANUARY + 31 * DAY_MS, JANUARY + 59 * DAY_MS)
    with SqliteStore(tmp_path) as store:
        reading = store.read(CANDLES)
        assert reading.damaged == (february,)
        outside = (rows.time_ms < february.start_ms) | (rows.time_ms >= february.end_ms)
        assert same(reading.records, rows.take(outside))
        assert store.read(CANDLES, february.end_ms).damaged == ()
        assert store.append(CANDLES, rows).new == 28 * 24
        assert store.read(CANDLES).damaged == ()
        assert same(store.read(CANDLES).records, rows)


@pytest.mark.parametrize("statement", [
    "DELETE FROM tail WHERE series = 1 AND time_ms = (SELECT max(time_ms) FROM tail)",
    "UPDATE tail SET time_ms = time_ms + 1 WHERE series = 1 AND time_ms = (SELECT max(time_ms) FROM tail)",
    "UPDATE tail SET data = zeroblob(length(data)) WHERE series = 1 AND time_ms = (SELECT max(time_ms) FROM tail)",
], ids=["gone", "misfiled", "zeros"])  # fmt: skip
def test_a_damaged_row_of_today_is_noticed_and_can_be_written_again(tmp_path: Path, statement: str) -> None:
    rows = candles(24 * 2 + 7)
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, rows)
    alter(tmp_path, statement)
    with SqliteStore(tmp_path) as store:
        reading = store.read(CANDLES)
        assert reading.damaged == (Interval(JANUARY + 2 * DAY_MS, JANUARY + 2 * DAY_MS + 7 * 3_600_000),)
        assert same(reading.records, rows.take(slice(0, -1)))
        assert store.append(CANDLES, rows).new == 1
        assert same(store.read(CANDLES).records, rows)


def test_recorded_coverage_does_not_outlive_the_events_it_speaks_of(tmp_path: Path) -> None:
    rows = events([JANUARY + i * DAY_MS for i in range(60)])
    with SqliteStore(tmp_path) as store:
        store.append(EVENTS, rows, [Interval(JANUARY, JANUARY + 60 * DAY_MS)])
    alter(tmp_path, "UPDATE block SET data = zeroblob(100) WHERE month = 660")
    with SqliteStore(tmp_path) as store:
        store.append(EVENTS, rows.take(slice(3, 4)))
        lost_until = JANUARY + 30 * DAY_MS + 1
        assert store.coverage(EVENTS) == (Interval(lost_until, JANUARY + 60 * DAY_MS),)


def test_a_damaged_list_of_contents_leaves_the_rows_readable_but_suspect(tmp_path: Path) -> None:
    rows = candles(24 * 75 + 7)
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, rows)
    alter(tmp_path, "UPDATE series SET contents = zeroblob(50)")
    with SqliteStore(tmp_path) as store:
        reading = store.read(CANDLES)
        assert same(reading.records, rows)
        assert reading.damaged
        store.append(CANDLES, rows)
        assert store.read(CANDLES).damaged == ()


def test_a_forged_block_beyond_every_size_is_not_even_read(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, candles(24 * 40))
    alter(tmp_path, "UPDATE block SET data = zeroblob(40000000) WHERE month = 660")
    reading = SqliteStore(tmp_path, read_only=True).read(CANDLES)
    assert reading.damaged == (Interval(JANUARY, JANUARY + 31 * DAY_MS),)
    assert len(reading.records) == 24 * 9


def test_a_series_whose_entry_is_lost_is_not_called_empty(tmp_path: Path) -> None:
    with SqliteStore(tmp_path) as store:
        store.append(CANDLES, candles(3))
    alter(tmp_path, "DELETE FROM series")
    assert SqliteStore(tmp_path, read_only=True).read(CANDLES).damaged


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be asked" * 50, b"SQLite format 3\0" * 99]
)
def test_a_file_that_is_no_database_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "binance.sqlite").write_bytes(content)
    (tmp_path / "bybit.sqlite").write_bytes(b"")
    with SqliteStore(tmp_path) as store:
        with pytest.raises(MachineError, match="move it away"):
            store.read(CANDLES)
        with pytest.raises(MachineError, match="move it away"):
            store.append(CANDLES, candles(3))
        other = SeriesKey("bybit", SYMBOL, Kind.CANDLES, "1h")
        assert len(store.read(other).records) == 0
        store.append(other, candles(3))
        assert [info.key for info in store.list()] == [other]


def alter(folder: Path, statement: str) -> None:
    db = sqlite3.connect(folder / "binance.sqlite")
    with db:
        assert db.execute(statement).rowcount > 0
    db.close()
