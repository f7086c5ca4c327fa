"""Pictures for windows: what has not changed is the same object, which nobody looks at, sends or draws again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from heatdesk.events import Market
from heatdesk.feed.picture import LEDGER_S, MOST_HOLES, Pictures
from heatdesk.feed.writer import Writer
from heatdesk.live import LEFT_OUT, ExchangeState, Health, Hole, HoleState, MarketState
from heatdesk.market import DAY_MS, MINUTE_MS, Interval
from heatdesk.store.ledger import Ledger
from heatdesk.store.memory import MemoryStore

BTC = Market("bybit", "BTC/USDT:USDT")
ETH = Market("bybit", "ETH/USDT:USDT")


def hole(start_ms: int, market: Market = BTC, cause: str = "cut") -> Hole:
    return Hole(*market, "candles", Interval(start_ms, start_ms + MINUTE_MS), HoleState.OPEN, cause)


class _Station:
    """An exchange that tells nothing of its own but silences that last."""

    name = "bybit"

    def __init__(self) -> None:
        self.lasting: list[Hole] = []
        self.told: list[MarketState] = []

    def markets(self) -> list[MarketState]:
        return self.told

    def books(self) -> dict[Market, object]:
        return {}

    def followed(self) -> list[str]:
        return []

    def open_holes(self, now_ms: int) -> list[Hole]:
        return self.lasting

    def state(self, now_ms: int, gaps_open: int) -> ExchangeState:
        return ExchangeState("bybit", "Bybit", Health.LIVE, gaps_open=gaps_open)


class _Bench:
    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.sqlite")
        self.now_s = 100 * DAY_MS / 1000.0
        clock = SimpleNamespace(steady=lambda: self.now_s, now_ms=lambda: self.now_s * 1000.0)
        self.pictures = Pictures(clock, Writer(MemoryStore(), self.ledger), self.ledger)
        self.station = _Station()

    def holes(self, *shown: Market) -> tuple[Hole, ...]:
        """What the next look at the ledger shows."""
        self.now_s += LEDGER_S
        assert self.pictures.make([self.station], frozenset(shown), ())
        return self.pictures.newest.holes


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[_Bench]:
    bench = _Bench(tmp_path)
    yield bench
    bench.ledger.close()


def test_holes_that_have_not_changed_are_the_same_object(bench: _Bench) -> None:
    start = 99 * DAY_MS
    bench.ledger.add([hole(start), hole(start, ETH), hole(10 * DAY_MS)])
    first = bench.holes(BTC)
    assert [h.interval.start_ms for h in first] == [
        start
    ]  # the other is no longer shown, and not of this chart
    assert bench.holes(BTC) is first
    bench.ledger.add([hole(start + DAY_MS // 2)])
    assert len(bench.holes(BTC)) == 2
    assert {h.symbol for h in bench.holes(ETH)} == {ETH.symbol}


def test_a_silence_that_lasts_is_a_hole_too(bench: _Bench) -> None:
    bench.ledger.add([hole(99 * DAY_MS)])
    bench.station.lasting = [hole(99 * DAY_MS + 5 * MINUTE_MS, cause="unheard"), hole(0, ETH, "unheard")]
    assert [h.cause for h in bench.holes(BTC)] == ["cut", "unheard"]
    assert bench.pictures.newest.exchanges[0].gaps_open == 3
    bench.station.lasting = []
    assert [h.cause for h in bench.holes(BTC)] == ["cut"]
    assert bench.pictures.newest.exchanges[0].gaps_open == 1


def test_a_market_in_which_little_is_traded_hides_no_open_hole(bench: _Bench) -> None:
    start = 98 * DAY_MS
    bench.ledger.add([hole(start - DAY_MS)])
    left_out = [hole(start + 2 * i * MINUTE_MS, cause=LEFT_OUT) for i in range(MOST_HOLES // 2)]
    bench.ledger.add(left_out)
    bench.ledger.settle(*BTC, "candles", Interval(start, 99 * DAY_MS), HoleState.NONE_THERE)
    bench.ledger.add([hole(start + (2 * i + 1) * MINUTE_MS, ETH, LEFT_OUT) for i in range(MOST_HOLES)])
    bench.ledger.settle(*ETH, "candles", Interval(start, 100 * DAY_MS), HoleState.NONE_THERE)
    shown = bench.holes(BTC, ETH)
    assert len(shown) == MOST_HOLES
    assert shown[0].cause == "cut"


def test_a_market_that_moves_is_looked_at_more_often(bench: _Bench) -> None:
    """A picture made for its ages alone does not count as a move."""
    assert bench.holes() == ()
    assert not bench.pictures.lively
    bench.station.told = [MarketState(BTC)]
    bench.holes()
    assert bench.pictures.lively
    bench.station.told = []
    bench.holes()
    bench.now_s += 1.0
    assert not bench.pictures.lively
