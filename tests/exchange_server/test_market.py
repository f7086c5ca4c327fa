"""The known truth is one: candles are their trades, history does not change, what is played is countable."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.feed.clock import FastClock
from tests.exchange_server.listings import COINS, Listing, coins, listing
from tests.exchange_server.market import Market
from tests.exchange_server.path import DAY_MS, MINUTE_MS
from tests.exchange_server.trades import candles_of

_NOON = 20_000 * DAY_MS + DAY_MS // 2
_BTC = listing("okx", "BTC-USDT-SWAP", COINS[0], contract_size="0.01", lot="0.1")


class _At:
    """A clock that stands where it is put."""

    def __init__(self, now: float) -> None:
        self.now = now

    def now_ms(self) -> float:
        return self.now

    def steady(self) -> float:
        return self.now / 1000

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


def _market(now: float = _NOON) -> Market:
    return Market(_At(now), seed=7)


def test_a_candle_is_its_trades_and_nothing_else() -> None:
    market = _market()
    candles = market.candles(_BTC, _NOON - 3 * DAY_MS, _NOON)
    assert len(candles.time_ms) == 3 * 1440
    for row in (0, 777, -1):
        start = int(candles.time_ms[row])
        trades = market.trades(_BTC, start, start + MINUTE_MS)
        assert trades.lots.sum() == candles.volume[row]
        assert trades.lots[trades.side > 0].sum() == candles.taker_buy[row]
        assert (trades.ticks[0], trades.ticks[-1]) == (candles.open[row], candles.close[row])
        assert (trades.ticks.max(), trades.ticks.min()) == (candles.high[row], candles.low[row])


def test_the_same_seed_tells_the_same_history_in_any_order() -> None:
    first, second = _market(), _market()
    day = (_NOON - 9 * DAY_MS, _NOON - 8 * DAY_MS)
    second.candles(_BTC, _NOON - 2 * DAY_MS, _NOON)
    for one, other in zip(first.candles(_BTC, *day), second.candles(_BTC, *day), strict=True):
        np.testing.assert_array_equal(one, other)


def test_longer_candles_are_gathered_from_the_short_ones() -> None:
    market = _market(_NOON + 90_000)
    fine = market.candles(_BTC, _NOON - DAY_MS, _NOON + DAY_MS)
    coarse = market.candles(_BTC, _NOON - DAY_MS, _NOON + DAY_MS, 3_600_000)
    assert coarse.volume.sum() == fine.volume.sum()
    assert fine.time_ms[-1] == _NOON + MINUTE_MS  # the open one is there
    assert coarse.time_ms[-1] == _NOON
    assert coarse.close[-1] == fine.close[-1]


def test_trade_numbers_ascend_by_one_across_days_halts_and_bursts() -> None:
    market = _market()
    market.halt("okx", _NOON - DAY_MS, _NOON - DAY_MS + 5 * MINUTE_MS)
    market.burst(_BTC, 200)
    market.trade_burst(_BTC, 3000)
    trades = market.trades(_BTC, _NOON - 2 * DAY_MS, _NOON + DAY_MS)
    assert (np.diff(trades.ids) == 1).all()
    assert (np.diff(trades.time_ms) >= 0).all()


def test_what_is_played_changes_nothing_that_was_told() -> None:
    market = _market()
    before = market.candles(_BTC, _NOON - DAY_MS, _NOON)
    market.told_ms = _NOON
    market.cascade("BTC", [_BTC], seconds=60, depth=-0.06, count=400)
    for one, other in zip(before, market.candles(_BTC, _NOON - DAY_MS, _NOON), strict=True):
        np.testing.assert_array_equal(one, other)
    market.clock.now = _NOON + 2 * MINUTE_MS
    fell = market.price(_BTC) / float(before.close[-1]) - 1
    assert -0.075 < fell < -0.04
    forced = market.liquidations(_BTC, _NOON, _NOON + 2 * MINUTE_MS)
    assert sum(f.side > 0 for f in forced) >= 400


def test_a_burst_is_in_the_candles_and_among_the_liquidations() -> None:
    market = _market()
    plain = market.candles(_BTC, _NOON, _NOON + 1).volume
    forced = market.burst(_BTC, 200)
    market.clock.now = _NOON + MINUTE_MS
    candle = market.candles(_BTC, _NOON, _NOON + 1)
    quiet = candles_of(_market().trades(_BTC, _NOON, _NOON + MINUTE_MS), MINUTE_MS)
    assert len(plain) == 0 or plain[0] <= candle.volume[0]
    assert candle.volume[0] - quiet.volume[0] == sum(f.lots for f in forced)
    assert len(market.liquidations(_BTC, _NOON, _NOON + 600)) >= 200


def test_a_halt_leaves_no_candle_and_no_trade() -> None:
    market = _market(_NOON + 10 * MINUTE_MS)
    market.halt("okx", _NOON + 2 * MINUTE_MS, _NOON + 5 * MINUTE_MS)
    times = market.candles(_BTC, _NOON, _NOON + 8 * MINUTE_MS).time_ms
    assert ((times - _NOON) // MINUTE_MS).tolist() == [0, 1, 5, 6, 7]
    elsewhere = listing("bybit", "BTCUSDT", COINS[0])
    assert len(market.candles(elsewhere, _NOON, _NOON + 8 * MINUTE_MS).time_ms) == 8


def test_trades_told_by_somebody_else_count_in_candles_only() -> None:
    market = _market(_NOON + 2 * MINUTE_MS)
    quiet = market.candles(_BTC, _NOON, _NOON + 1)
    market.tape(_BTC).add_told(_NOON + 5_000, 1, 30, 20)
    loud = market.candles(_BTC, _NOON, _NOON + 1)
    assert loud.volume[0] - quiet.volume[0] == 50
    assert loud.taker_buy[0] - quiet.taker_buy[0] == 30
    assert loud.low[0] == 1
    assert len(market.trades(_BTC, _NOON, _NOON + MINUTE_MS).ids) == _BTC.trades


@pytest.mark.parametrize("count", [6, 1500])
def test_coins_have_names_and_steps_of_their_own(count: int) -> None:
    made = coins(count)
    assert len({coin.name for coin in made}) == count
    for coin in made:
        item = Listing("x", coin.name, coin, "USDT", "linear", *_steps(coin.tick, coin.lot))
        assert float(item.price(round(coin.price / item.steps[0]))) == pytest.approx(coin.price, rel=0.02)


def _steps(tick: str, lot: str) -> tuple[object, object]:
    from decimal import Decimal

    return Decimal(tick), Decimal(lot)


def test_a_market_on_a_fast_clock_moves() -> None:
    market = Market(FastClock(6000.0, _NOON), seed=3)
    first = market.now_ms()
    assert len(market.newest(_BTC, 3).time_ms) >= 2
    assert market.now_ms() >= first
