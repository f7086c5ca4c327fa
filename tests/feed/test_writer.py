"""The writer's thread: nothing is lost between a feed and a disk that is slow, full or broken."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from heatdesk.errors import BadInputError, MachineError
from heatdesk.events import Candle, Liquidation
from heatdesk.feed import writer as writer_module
from heatdesk.feed.rows import candle_rows, holes_in, joined, sample_row
from heatdesk.feed.writer import SHED, Writer
from heatdesk.live import HoleState
from heatdesk.market import MINUTE_MS, Interval, Kind, Records, SeriesKey
from heatdesk.store.ledger import Ledger
from heatdesk.store.memory import MemoryStore

BTC = "BTC/USDT:USDT"
CANDLES = SeriesKey("bybit", BTC, Kind.CANDLES, "1m")
EVENTS = SeriesKey("bybit", BTC, Kind.EVENTS)
T = 1_795_270_200_000


class Disk:
    """A store that can refuse."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.error: Exception | None = None
        self.appends = 0

    def append(self, key: SeriesKey, records: Records, coverage: Sequence[Interval] = ()) -> object:
        self.appends += 1
        if self.error is not None:
            raise self.error
        return self.store.append(key, records, coverage)

    def read(self, key: SeriesKey, start_ms: int | None = None, end_ms: int | None = None) -> object:
        return self.store.read(key, start_ms, end_ms)

    def coverage(self, key: SeriesKey) -> tuple[Interval, ...]:
        return self.store.coverage(key)


def full() -> MachineError:
    error = MachineError("The disk is full.")
    error.__cause__ = sqlite3.OperationalError("database or disk is full")
    error.__cause__.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


def candles(*minutes: int, close: float = 100.0) -> Records:
    return candle_rows(
        [
            Candle(BTC, "1m", T + m * MINUTE_MS, 100.0, 101.0, 99.0, close, 5.0, 2.0, closed=True)
            for m in minutes
        ]
    )


def liquidation(at: int, quantity: float = 1.0) -> Liquidation:
    return Liquidation(BTC, T + at, 1, 100.0, quantity)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite") as opened:
        yield opened


@pytest.fixture
def writer(disk: Disk, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    monkeypatch.setattr(writer_module, "BATCH_S", 0.02)
    monkeypatch.setattr(writer_module, "RETRY_S", 0.05)
    writer = Writer(disk, ledger)
    writer.start()
    yield writer
    disk.error = None
    assert writer.stop(2.0)


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_comes_within_a_moment_is_one_append_per_series(disk: Disk, writer: Writer) -> None:
    for minute in (3, 0, 1):
        writer.put(CANDLES, candles(minute), live=True)
    until(lambda: writer.stored)
    assert disk.store.read(CANDLES).records.time_ms.tolist() == [T, T + MINUTE_MS, T + 3 * MINUTE_MS]
    assert disk.appends == 1
    assert writer.waiting == 0


def test_the_later_of_two_rows_of_a_time_wins(disk: Disk, writer: Writer) -> None:
    writer.put(CANDLES, candles(0, 1, close=100.0))
    writer.put(CANDLES, candles(1, close=100.5))
    until(lambda: not writer.waiting)
    assert disk.store.read(CANDLES).records["close"].tolist() == [100.0, 100.5]


def test_heard_is_what_is_on_the_disk(disk: Disk, ledger: Ledger, writer: Writer) -> None:
    disk.error = full()
    writer.put(CANDLES, candles(0, 1), live=True)
    writer.put_liquidations(EVENTS, [liquidation(5)], [Interval(T, T + 9000)])
    until(lambda: writer.notice)
    assert ledger.last_heard() == {}
    disk.error = None
    until(ledger.last_heard)
    assert ledger.last_heard() == {
        ("bybit", BTC, "candles"): T + 2 * MINUTE_MS,
        ("bybit", BTC, "liquidations"): T + 9000,
    }


def test_a_full_disk_is_told_and_nothing_is_lost_once_there_is_space(disk: Disk, writer: Writer) -> None:
    disk.error = full()
    for minute in range(50):
        writer.put(CANDLES, candles(minute))
        if minute == 10:
            until(lambda: writer.notice)
    assert writer.notice == "history paused: disk full"
    assert writer.waiting == 50
    disk.error = None
    until(lambda: not writer.waiting)
    until(lambda: not writer.notice)
    assert len(disk.store.read(CANDLES).records) == 50


def test_another_trouble_with_the_disk_is_told_in_its_words(disk: Disk, writer: Writer) -> None:
    disk.error = MachineError("The disk failed.")
    writer.put(CANDLES, candles(0))
    until(lambda: writer.notice == "history paused: The disk failed.")


def test_rows_that_no_disk_takes_do_not_hold_up_the_others(disk: Disk, writer: Writer) -> None:
    disk.error = BadInputError("Times must be milliseconds since 1970.")
    writer.put(CANDLES, candles(0))
    until(lambda: writer.shed == 1)
    disk.error = None
    writer.put(CANDLES, candles(1))
    until(lambda: len(disk.store.read(CANDLES).records) == 1)
    assert not writer.notice


def test_what_goes_over_the_bound_becomes_a_hole(
    disk: Disk, ledger: Ledger, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MOST_ROWS", 3)
    disk.error = full()
    for minute in range(5):
        writer.put(CANDLES, candles(minute))
    assert writer.shed == 2
    disk.error = None
    until(lambda: [hole.interval.end_ms for hole in ledger.holes()] == [T + 5 * MINUTE_MS])
    (hole,) = ledger.holes()
    assert hole[2:] == ("candles", Interval(T + 3 * MINUTE_MS, T + 5 * MINUTE_MS), HoleState.OPEN, SHED)


def test_liquidations_over_the_bound_are_a_hole_that_nobody_can_fill(
    disk: Disk, ledger: Ledger, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "MOST_ROWS", 1)
    disk.error = full()
    writer.put_liquidations(EVENTS, [liquidation(1)], [])
    writer.put_liquidations(EVENTS, [liquidation(7)], [])
    disk.error = None
    until(lambda: [hole.state for hole in ledger.holes()] == [HoleState.NONE_THERE])
    (hole,) = ledger.holes()
    assert hole[2:4] == ("liquidations", Interval(T + 7, T + 8))


def test_equal_liquidations_of_one_millisecond_are_as_many_as_they_were(disk: Disk, writer: Writer) -> None:
    writer.put_liquidations(EVENTS, [liquidation(1), liquidation(1)], [Interval(T, T + 100)])
    until(lambda: writer.stored)
    writer.put_liquidations(EVENTS, [liquidation(1), liquidation(7)], [])
    until(lambda: len(disk.store.read(EVENTS).records) == 4)
    assert disk.store.read(EVENTS).records["notional_usd"].tolist() == [100.0] * 4
    assert disk.store.coverage(EVENTS) == (Interval(T, T + 100),)


def test_liquidations_that_wait_for_the_disk_together_are_not_doubled(disk: Disk, writer: Writer) -> None:
    disk.error = full()
    writer.put_liquidations(EVENTS, [liquidation(1, 1.0)], [Interval(T, T + 100)])
    until(lambda: writer.notice)
    writer.put_liquidations(EVENTS, [liquidation(1, 2.0)], [Interval(T + 100, T + 200)])
    writer.put_liquidations(EVENTS, [liquidation(1, 1.0)], [Interval(T + 200, T + 300)])
    disk.error = None
    until(lambda: not writer.waiting and not writer.notice)
    assert disk.store.read(EVENTS).records["quantity"].tolist() == [1.0, 1.0, 2.0]
    assert disk.store.coverage(EVENTS) == (Interval(T, T + 300),)


def test_what_waits_for_a_full_disk_does_not_pile_up(disk: Disk, writer: Writer) -> None:
    disk.error = full()
    for minute in range(200):
        writer.put(CANDLES, candles(minute))
        writer.put_liquidations(EVENTS, [], [Interval(T + minute, T + minute + 1)])
    writer.put(CANDLES, candles(200))
    tried = disk.appends
    until(lambda: disk.appends > tried + 4)
    with writer._some:
        waiting = {key: (len(left.parts), len(left.coverage)) for key, left in writer._pending.items()}
    assert all(parts <= 1 and spans <= 1 for parts, spans in waiting.values())
    assert writer.waiting == 201


def test_a_mistake_over_one_series_ends_no_writing(disk: Disk, writer: Writer) -> None:
    disk.error = ValueError("a mistake")
    writer.put(CANDLES, candles(0))
    until(lambda: writer.shed == 1)
    disk.error = None
    writer.tell(lambda _: 1 / 0)
    writer.put(CANDLES, candles(1))
    until(lambda: len(disk.store.read(CANDLES).records) == 1)


def test_the_ledger_hears_of_rows_only_after_they_are_written(disk: Disk, writer: Writer) -> None:
    seen: list[int] = []
    done = threading.Event()
    writer.put(CANDLES, candles(0))

    def look(_: object) -> None:
        seen.append(len(disk.store.read(CANDLES).records))
        done.set()

    writer.tell(look)
    assert done.wait(5)
    assert seen == [1]


def test_stopping_writes_what_is_waiting(disk: Disk, ledger: Ledger) -> None:
    writer = Writer(disk, ledger)
    writer.start()
    writer.put(CANDLES, candles(0, 1, 2))
    assert writer.stop(2.0)
    assert len(disk.store.read(CANDLES).records) == 3


def test_a_broken_disk_does_not_keep_a_writer_from_ending(disk: Disk, ledger: Ledger) -> None:
    disk.error = full()
    writer = Writer(disk, ledger)
    writer.start()
    writer.put(CANDLES, candles(0))
    assert writer.stop(2.0)


def test_parts_of_a_series_are_joined_in_order_of_time() -> None:
    (whole,) = joined([candles(5, 6), candles(1), candles(3)])
    assert ((whole.time_ms - T) // MINUTE_MS).tolist() == [1, 3, 5, 6]
    assert len(joined([candles(1), candles(1)])) == 2
    (sample,) = joined([sample_row(Kind.MARK_PRICE, T, 5.0)])
    assert sample["mark_price"].tolist() == [5.0]


def test_holes_are_the_runs_of_bars_that_are_not_there() -> None:
    rows = candles(1, 2, 5)
    holes = holes_in(rows, MINUTE_MS, T, T + 8 * MINUTE_MS)
    assert [((a - T) // MINUTE_MS, (b - T) // MINUTE_MS) for a, b in holes] == [(0, 1), (3, 5), (6, 8)]
    assert holes_in(rows, MINUTE_MS, T + MINUTE_MS, T + 3 * MINUTE_MS) == []
