"""What is not believed at once (D1): far prices, jumps like a wrong unit, impossible times."""

from __future__ import annotations

import pytest

from heatdesk.events import Liquidation, MarkPrice, OpenInterest, Trade
from heatdesk.feed.checks import ALONE, OpenInterestCheck, PriceCheck, Quarantine, in_time
from heatdesk.feed.folds import Folds
from heatdesk.market import DAY_MS, HOUR_MS
from tests.feed.test_backfill import BTC, NOW, Steps


class _Nowhere:
    def put(self, *_: object, **__: object) -> None:
        """Keep nothing."""


@pytest.fixture
def folds() -> Folds:
    folds = Folds("bybit", _Nowhere(), Steps(), lambda new: printed.extend(new))
    printed: list[Liquidation] = []
    folds.printed_here = printed
    folds.follow([BTC.symbol], [])
    return folds


def test_a_market_that_moves_by_strides_is_always_believed() -> None:
    check = PriceCheck()
    price = 100.0
    for _ in range(30):
        assert check.fits(price, "trades")
        price *= 1.15


def test_a_lone_source_is_believed_after_many_trades_in_a_row() -> None:
    check = PriceCheck()
    assert check.fits(100.0, "trades")
    told = [check.fits(200.0, "trades") for _ in range(ALONE)]
    assert told == [False] * (ALONE - 1) + [True]


def test_wild_prices_in_between_do_not_add_up() -> None:
    check = PriceCheck()
    assert check.fits(100.0, "trades")
    for i in range(200):
        assert not check.fits(1000.0, "trades")
        assert check.fits(100.0 + i / 100, "trades")


def test_the_first_price_may_have_been_the_wrong_one() -> None:
    check = PriceCheck()
    assert check.fits(1.0, "trades")
    assert not check.fits(100.0, "trades")
    assert check.fits(101.0, "candles")
    assert check.fits(100.5, "trades")


def test_open_interest_may_jump_after_an_outage() -> None:
    check = OpenInterestCheck()
    assert check.fits(1000.0, NOW)
    assert not check.fits(10.0, NOW + 1000)
    assert check.fits(10.0, NOW + HOUR_MS)


def test_times_are_judged_by_the_exchange_s_clock() -> None:
    assert in_time(NOW + 59_000, NOW)
    assert not in_time(NOW + 61_000, NOW)
    assert not in_time(NOW - DAY_MS - 1, NOW)


def test_what_was_not_believed_is_told_per_symbol() -> None:
    quarantine = Quarantine()
    for _ in range(3):
        quarantine.add("A", "price far away")
    quarantine.add("A", "time far away")
    quarantine.add("B", "time far away")
    assert quarantine.total == 5
    assert quarantine.by_symbol() == {"A": "price far away (3), time far away (1)", "B": "time far away (1)"}


def test_impossible_times_change_nothing_and_are_counted(folds: Folds) -> None:
    for off in (-2 * DAY_MS, 2 * HOUR_MS):
        folds.take(
            NOW,
            [
                Trade(BTC.symbol, NOW + off, 100.0, 1.0, 1, 1),
                OpenInterest(BTC.symbol, NOW + off, 5.0),
                Liquidation(BTC.symbol, NOW + off, 1, 100.0, 1.0),
            ],
        )
    state = folds.markets[BTC.symbol].state()
    assert state.price != state.price
    assert state.open_interest != state.open_interest
    assert folds.printed_here == []
    assert folds.quarantine.total == 6


def test_old_trades_that_an_exchange_begins_with_are_no_news(folds: Folds) -> None:
    folds.take(NOW, [Trade(BTC.symbol, NOW - HOUR_MS, 90.0, 1.0, 1, 1)])
    assert folds.markets[BTC.symbol].state().forming is None
    assert folds.quarantine.total == 0


def test_an_event_without_a_time_is_of_now(folds: Folds) -> None:
    folds.take(NOW, [MarkPrice(BTC.symbol, 0, 100.0, 100.0), OpenInterest(BTC.symbol, 0, 5.0)])
    state = folds.markets[BTC.symbol].state()
    assert (state.mark_price, state.open_interest, state.open_interest_ms) == (100.0, 5.0, NOW)


def test_a_clock_that_is_wrong_by_an_hour_is_allowed_for(folds: Folds) -> None:
    folds.skew_ms = HOUR_MS
    folds.take(NOW, [Trade(BTC.symbol, NOW + HOUR_MS, 100.0, 1.0, 1, 1)])
    assert folds.markets[BTC.symbol].state().price == 100.0
