"""Backfill: the first chart first, holes before depth, and what an exchange has not is asked for twice and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from heatdesk.errors import MachineError
from heatdesk.events import Candle
from heatdesk.feed.backfill import ASK_AGAIN_S, Backfill
from heatdesk.feed.exchanges.base import RestError, UnreachedError
from heatdesk.feed.rows import candle_rows
from heatdesk.feed.shelf import Shelf
from heatdesk.feed.stretch import LONGEST_S, Refused
from heatdesk.feed.writer import Writer
from heatdesk.live import LEFT_OUT, Hole, HoleState, Instrument
from heatdesk.market import DAY_MS, HOUR_MS, MINUTE_MS, TIMEFRAMES, Interval, Kind, Records, SeriesKey
from heatdesk.store.ledger import Ledger
from heatdesk.store.memory import MemoryStore

NOW = 1_795_270_200_000
BTC = Instrument("bybit", "BTC/USDT:USDT", "BTCUSDT", "BTC", "USDT", "linear")
ETH = Instrument("bybit", "ETH/USDT:USDT", "ETHUSDT", "ETH", "USDT", "linear")
ONES = SeriesKey("bybit", BTC.symbol, Kind.CANDLES, "1m")


class Steps:
    """A clock that goes on when nobody has anything else to do."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.stride_s = 0.0  # how far it goes on at the least

    def now_ms(self) -> float:
        return NOW + self.now_s * 1000

    def steady(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        until = self.now_s + max(seconds, self.stride_s)
        for _ in range(20):
            await asyncio.sleep(0)
        await asyncio.sleep(0.0005)
        self.now_s = max(self.now_s, until)


class Pages:
    """An exchange with a page of `most` rows, that lacks some bars and refuses some requests."""

    row = SimpleNamespace(name="bybit", title="Bybit")

    def __init__(self, most: int = 300) -> None:
        self.most = most
        self.asked: list[tuple[str, str, int, int]] = []
        self.lacks: set[int] = set()
        self.refuse = 0
        self.delisted: dict[str, RestError] = {}  # by symbol: what it answers
        self.interest = True

    async def read_candles(
        self, rest: object, i: Instrument, timeframe: str, start: int, end: int
    ) -> Records:
        self.asked.append((i.symbol, timeframe, start, end))
        await asyncio.sleep(0)
        if self.refuse:
            self.refuse -= 1
            raise RestError("busy", 503)
        if i.symbol in self.delisted:
            raise self.delisted[i.symbol]
        step = TIMEFRAMES[timeframe]
        times = [t for t in range(start, end, step) if t not in self.lacks][: self.most]
        return candle_rows(
            [Candle(i.symbol, timeframe, t, 1.0, 2.0, 0.5, 1.5, 1.0, 0.5, True) for t in times]
        )

    async def read_open_interest_history(
        self, rest: object, i: Instrument, start: int, end: int
    ) -> Records | None:
        self.asked.append((i.symbol, "interest", start, end))
        if not self.interest:
            return None
        times = np.arange(start, end, TIMEFRAMES["5m"])[: self.most]
        return Records(Kind.OPEN_INTEREST, times, {"open_interest": np.ones(len(times))})

    async def read_funding_history(self, rest: object, i: Instrument, start: int, end: int) -> Records | None:
        self.asked.append((i.symbol, "funding", start, end))
        if i.symbol in self.delisted:
            raise self.delisted[i.symbol]
        times = np.arange(-(-start // (8 * HOUR_MS)) * 8 * HOUR_MS, end, 8 * HOUR_MS)
        return Records(Kind.FUNDING, times, {"funding_rate": np.full(len(times), 1e-4)})


class Bench:
    def __init__(self, folder: Path) -> None:
        self.store = MemoryStore()
        self.ledger = Ledger(folder / "ledger.sqlite")
        self.writer = Writer(self.store, self.ledger)
        self.writer.start()
        self.exchange = Pages()
        self.clock = Steps()
        self.arrived: list[tuple[str, str, int]] = []

    def work(self, plan: Callable[[Backfill], None], until: Callable[[Backfill], object]) -> Backfill:
        """Run a backfill until something holds, and everything is on the disk."""

        async def run() -> Backfill:
            backfill = Backfill(
                self.exchange, None, self.clock, Shelf(self.store, self.writer, self.ledger),
                lambda i, t, rows: self.arrived.append((i.symbol, t, len(rows))),
            )  # fmt: skip
            plan(backfill)
            task = asyncio.create_task(backfill.run())
            async with asyncio.timeout(20):
                while not until(backfill):
                    await asyncio.sleep(0.001)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return backfill

        return asyncio.run(run())

    def flush(self) -> None:
        assert self.writer.stop(5.0)

    def close(self) -> None:
        self.writer.stop(5.0)
        self.ledger.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def done(backfill: Backfill) -> bool:
    return backfill.progress == 1.0


def test_the_first_chart_is_there_before_any_depth(bench: Bench) -> None:
    bench.exchange.most = 1000

    def plan(backfill: Backfill) -> None:
        backfill.deepen(ETH, False, NOW, 30, 2)
        backfill.deepen(BTC, True, NOW, 30, 2)

    bench.work(plan, done)
    charts = bench.exchange.asked[:2]
    assert [(symbol, timeframe) for symbol, timeframe, *_ in charts] == [
        (BTC.symbol, "5m"),
        (ETH.symbol, "5m"),
    ]
    assert charts[0][2:] == (NOW - 2 * DAY_MS, NOW)
    bench.flush()
    for instrument in (BTC, ETH):
        key = SeriesKey("bybit", instrument.symbol, Kind.CANDLES, "5m")
        assert len(bench.store.read(key).records) == 30 * 288
        interest = SeriesKey("bybit", instrument.symbol, Kind.OPEN_INTEREST, "5m")
        assert len(bench.store.read(interest).records) == 30 * 288
        minutes = SeriesKey("bybit", instrument.symbol, Kind.CANDLES, "1m")
        assert len(bench.store.read(minutes).records) == 2 * 1440
        assert len(bench.store.read(SeriesKey("bybit", instrument.symbol, Kind.FUNDING)).records) == 90


def test_what_is_stored_is_not_asked_for_again(bench: Bench) -> None:
    bench.work(lambda b: b.fill(BTC, "1m", Interval(NOW - HOUR_MS, NOW)), done)
    bench.flush()
    bench.writer = Writer(bench.store, bench.ledger)
    bench.writer.start()
    bench.exchange.asked.clear()
    bench.work(lambda b: b.fill(BTC, "1m", Interval(NOW - 2 * HOUR_MS, NOW)), done)
    assert bench.exchange.asked == [(BTC.symbol, "1m", NOW - 2 * HOUR_MS, NOW - HOUR_MS)]
    assert (BTC.symbol, "1m", 60) in bench.arrived


def test_a_hole_goes_before_depth_and_short_pages_are_followed(bench: Bench) -> None:
    bench.exchange.most = 50

    def plan(backfill: Backfill) -> None:
        backfill.deepen(ETH, True, NOW, 1, 0.5)
        backfill.fill(BTC, "1m", Interval(NOW - 2 * HOUR_MS + 1, NOW - 1))

    bench.work(plan, done)
    assert bench.exchange.asked[0] == (BTC.symbol, "1m", NOW - 2 * HOUR_MS, NOW)
    bench.flush()
    assert len(bench.store.read(ONES).records) == 120


def test_a_refused_request_is_asked_again_later(bench: Bench) -> None:
    bench.exchange.refuse = 3
    bench.work(lambda b: b.fill(BTC, "1m", Interval(NOW - HOUR_MS, NOW)), done)
    bench.flush()
    assert len(bench.store.read(ONES).records) == 60
    assert bench.clock.now_s >= 1 + 2 + 5


def test_a_stretch_that_is_refused_is_asked_for_ever_more_seldom_and_told(bench: Bench) -> None:
    bench.exchange.delisted[ETH.symbol] = RestError("Bybit: Invalid symbol.", 400)
    bench.clock.stride_s = 60.0

    def plan(backfill: Backfill) -> None:
        backfill.fill(ETH, "1m", Interval(NOW - HOUR_MS, NOW))
        backfill.fill(BTC, "1m", Interval(NOW - HOUR_MS, NOW))

    backfill = bench.work(plan, lambda b: bench.clock.now_s > 24 * 3600)
    asked = [symbol for symbol, *_ in bench.exchange.asked]
    assert asked.count(BTC.symbol) == 1  # others do not wait for it
    assert 14 <= asked.count(ETH.symbol) <= 20
    refused = backfill.refused
    assert (refused.stretches, refused.why) == (1, "ETH/USDT:USDT: Bybit: Invalid symbol.")
    assert NOW < refused.until_ms <= bench.clock.now_ms() + LONGEST_S * 1000


def test_who_cannot_be_reached_for_a_day_is_asked_within_the_minute_it_comes_back(bench: Bench) -> None:
    bench.exchange.delisted[BTC.symbol] = UnreachedError("No network.")
    bench.clock.stride_s = 10.0

    def back(backfill: Backfill) -> bool:
        if bench.clock.now_s > 3 * 3600:
            bench.exchange.delisted.clear()
        return done(backfill)

    backfill = bench.work(lambda b: b.fill(BTC, "1m", Interval(NOW - HOUR_MS, NOW)), back)
    assert bench.clock.now_s < 3 * 3600 + 60
    assert backfill.refused == Refused()


def test_funding_that_is_refused_is_one_question_and_not_one_an_hour(bench: Bench) -> None:
    bench.exchange.delisted[BTC.symbol] = RestError("Bybit: Invalid symbol.", 400)
    bench.clock.stride_s = 60.0
    hours = iter(range(1, 100))

    def refreshed(backfill: Backfill) -> bool:
        if bench.clock.now_s > refreshed.at_s:
            refreshed.at_s = next(hours) * 3600.0
            backfill.refresh(BTC, int(bench.clock.now_ms()))
        return bench.clock.now_s > 40 * 3600

    refreshed.at_s = 0.0
    backfill = bench.work(lambda b: None, refreshed)
    assert backfill.refused.stretches == 1
    assert len(bench.exchange.asked) < 25
    assert (
        bench.exchange.asked[-1][3] - bench.exchange.asked[-1][2] > 30 * HOUR_MS
    )  # nothing in between is left out


def test_a_history_that_cannot_be_read_for_a_moment_ends_no_backfill(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[Exception] = [MachineError("The disk answers nothing."), ValueError("a mistake")]
    read = bench.store.read

    def reading(*wanted: object) -> object:
        if errors:
            raise errors.pop()
        return read(*wanted)

    monkeypatch.setattr(bench.store, "read", reading)
    bench.work(lambda b: b.fill(BTC, "1m", Interval(NOW - HOUR_MS, NOW)), done)
    bench.flush()
    assert len(read(ONES).records) == 60


def test_a_bar_that_the_exchange_has_not_is_asked_for_twice_and_written_down(bench: Bench) -> None:
    missing = Interval(NOW - 30 * MINUTE_MS, NOW - 28 * MINUTE_MS)
    bench.exchange.lacks = {missing.start_ms, missing.start_ms + MINUTE_MS}
    bench.work(lambda b: b.fill(BTC, "1m", Interval(NOW - HOUR_MS, NOW)), done)
    assert bench.clock.now_s >= ASK_AGAIN_S
    again = [(start, end) for _, _, start, end in bench.exchange.asked if start == missing.start_ms]
    assert again == [tuple(missing)]
    bench.flush()
    (hole,) = bench.ledger.holes()
    assert hole[2:] == ("candles", missing, HoleState.NONE_THERE, LEFT_OUT)
    bench.exchange.asked.clear()
    bench.writer = Writer(bench.store, bench.ledger)
    bench.writer.start()
    bench.work(lambda b: b.fill(BTC, "1m", Interval(NOW - HOUR_MS, NOW)), done)
    assert bench.exchange.asked == []


def test_a_bar_that_comes_late_fills_its_hole(bench: Bench) -> None:
    late = NOW - 30 * MINUTE_MS
    bench.exchange.lacks = {late}

    def gone_on(backfill: Backfill) -> bool:
        if bench.exchange.asked and bench.clock.now_s > ASK_AGAIN_S / 2:
            bench.exchange.lacks = set()
        return done(backfill)

    bench.work(lambda b: b.fill(BTC, "1m", Interval(NOW - HOUR_MS, NOW)), gone_on)
    bench.flush()
    assert [hole.state for hole in bench.ledger.holes()] == [HoleState.FILLED]
    assert len(bench.store.read(ONES).records) == 60


def test_holes_of_the_ledger_are_settled_for_all_that_is_there(bench: Bench) -> None:
    span = Interval(NOW - HOUR_MS, NOW)
    bench.store.append(
        ONES, asyncio.run(Pages().read_candles(None, BTC, "1m", NOW - HOUR_MS, NOW - HOUR_MS // 2))
    )
    bench.ledger.add([Hole("bybit", BTC.symbol, "candles", span, HoleState.OPEN, "cut")])
    bench.work(lambda b: b.fill(BTC, "1m", span), done)
    bench.flush()
    assert [(hole.interval, hole.state) for hole in bench.ledger.holes()] == [(span, HoleState.FILLED)]


def test_an_exchange_without_interest_history_is_not_asked_for_ever(bench: Bench) -> None:
    bench.exchange.interest = False
    bench.work(lambda b: b.deepen(BTC, True, NOW, 2, 0.1), done)
    assert len([ask for ask in bench.exchange.asked if ask[1] == "interest"]) == 1
    assert bench.ledger.holes() == ()
