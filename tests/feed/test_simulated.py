"""The simulated market: its books balance, it is the same for a seed, and it liquidates where it must."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from heatdesk.errors import BadInputError
from heatdesk.feed.simulated.market import MINUTES_PER_DAY, START_MS, WARM_UP_DAYS, Batch, Market, Positions
from heatdesk.feed.simulated.profiles import PROFILES
from heatdesk.market import COLUMNS, DAY_MS, MINUTE_MS, Interval, Kind, Records

_MAINTENANCE = {profile.name: profile.maintenance_rate for profile in PROFILES}


@cache
def week(seed: int) -> tuple[tuple[Batch, ...], Positions]:
    """Seven days of a market, and who stands at their end."""
    market = Market(seed)
    return market.advance(7 * MINUTES_PER_DAY), market.positions()


def lots(coins: np.ndarray) -> np.ndarray:
    return np.rint(coins * 1_000).astype(np.int64)


def same(a: Records, b: Records) -> bool:
    return np.array_equal(a.time_ms, b.time_ms) and all(np.array_equal(a[c], b[c]) for c in COLUMNS[a.kind])


def test_both_sides_are_the_open_interest_at_every_moment() -> None:
    market = Market(1)
    for _ in range(180):
        positions, holdings = market.positions(), market.holdings()
        batches = market.advance(1)
        for held, batch in zip(holdings, batches, strict=True):
            own = positions.on(held.exchange)
            longs = lots(own.quantity[own.side > 0]).sum() + lots(np.array(held.pool_long))
            shorts = lots(own.quantity[own.side < 0]).sum() + lots(np.array(held.pool_short))
            assert longs == shorts == lots(batch.open_interest["open_interest"])[0]
            assert held.agents_long > 0 and held.pool_short > 0


def test_every_change_of_open_interest_was_traded() -> None:
    for batch in week(1)[0]:
        change = np.abs(np.diff(lots(batch.open_interest["open_interest"])))
        volume, taker = lots(batch.candles["volume"]), lots(batch.candles["taker_buy_volume"])
        assert (change <= volume[:-1]).all()
        assert (taker <= volume).all() and (taker >= 0).all()
        assert np.median(volume) > 2 * np.median(change)  # much of it is churn


def test_a_seed_makes_the_same_market_however_it_is_cut() -> None:
    whole = Market(7).advance(300)
    other = Market(8).advance(300)
    pieces = Market(7)
    parts = [pieces.advance(minutes) for minutes in (1, 99, 200)]
    for x, batch in enumerate(whole):
        for name in ("candles", "open_interest", "events", "totals"):
            cut = [getattr(part[x], name) for part in parts]
            columns = {c: np.concatenate([p[c] for p in cut]) for c in COLUMNS[cut[0].kind]}
            joined = Records(cut[0].kind, np.concatenate([p.time_ms for p in cut]), columns)
            assert same(joined, getattr(batch, name))
        assert not same(batch.candles, other[x].candles)


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_stands_beyond_a_price_that_was_reached(seed: int) -> None:
    batches, positions = week(seed)
    for batch in batches:
        low, high, times = batch.candles["low"], batch.candles["high"], batch.candles.time_ms
        lowest_after = np.append(np.minimum.accumulate(low[::-1])[::-1], np.inf)
        highest_after = np.append(np.maximum.accumulate(high[::-1])[::-1], 0.0)
        own = positions.on(batch.exchange)
        since = np.searchsorted(
            times, own.opened_ms, side="right"
        )  # the first candle after the one of the entry
        longs = own.side > 0
        assert (own.liquidation_price[longs] < lowest_after[since[longs]]).all()
        assert (own.liquidation_price[~longs] > highest_after[since[~longs]]).all()
        assert longs.any() and not longs.all()


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_is_liquidated_before_the_price_is_there(seed: int) -> None:
    for batch in week(seed)[0]:
        events, rate = batch.events, _MAINTENANCE[batch.exchange]
        minute = (events.time_ms - batch.candles.time_ms[0]) // MINUTE_MS
        trigger = events["price"] / (1 - events["side"] * rate)
        longs = events["side"] > 0
        assert (batch.candles["low"][minute][longs] <= trigger[longs] * (1 + 1e-12)).all()
        assert (batch.candles["high"][minute][~longs] >= trigger[~longs] * (1 - 1e-12)).all()
        # and none comes late: when the minute began the level had not been met
        assert (batch.candles["open"][minute][longs] > trigger[longs] * (1 - 1e-12)).mean() > 0.98


def test_a_liquidation_price_is_where_the_margin_is_down_to_maintenance() -> None:
    positions = week(1)[1]
    rate = np.array([_MAINTENANCE[name] for name in positions.exchange])
    reachable = positions.liquidation_price > 0
    price = positions.liquidation_price
    equity = positions.margin + positions.side * positions.quantity * (price - positions.entry)
    np.testing.assert_allclose(
        equity[reachable], (rate * positions.quantity * price)[reachable], rtol=1e-6, atol=1e-6
    )
    assert reachable.mean() > 0.8
    asked = positions.quantity * positions.entry / positions.leverage
    assert (positions.margin >= asked * (1 - 1e-12)).all()
    assert 0.1 < (positions.margin > asked * 1.001).mean() < 0.3  # some allot more


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_liquidations_cascade(seed: int) -> None:
    """Half of a week's liquidated USD falls into very few minutes, and those minutes move the price."""
    batches, _ = week(seed)
    usd = sum(
        batch.totals["liquidation_long_usd"] + batch.totals["liquidation_short_usd"] for batch in batches
    )
    worst = np.argsort(-usd)
    half = np.searchsorted(np.cumsum(usd[worst]), usd.sum() / 2) + 1
    assert half < 0.02 * len(usd)
    candles = batches[0].candles
    span = np.log(candles["high"] / candles["low"])
    assert span[worst[:half]].mean() > 5 * span.mean()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_market_is_of_a_real_size(seed: int) -> None:
    batches, positions = week(seed)
    assert [batch.exchange for batch in batches] == ["binance", "bybit", "okx"]
    for batch in batches:
        steps = np.diff(np.log(batch.candles["close"]))
        assert 0.012 < steps.std() * np.sqrt(MINUTES_PER_DAY) < 0.05
        assert 20_000 < batch.open_interest["open_interest"].mean() < 120_000
        days = batch.candles["volume"].sum() / 7 / batch.open_interest["open_interest"].mean()
        assert 1 < days < 8
        assert 10 < len(batch.events) / 7 < 2_000
        own = positions.on(batch.exchange)
        levered = own.quantity.sum() / 2 / batch.open_interest["open_interest"][-1]
        assert 0.1 < levered < 0.5
        assert own.leverage.min() >= 2 and own.leverage.max() <= 125
    closes = np.stack([batch.candles["close"] for batch in batches])
    basis = closes / closes[0] - 1
    assert 0 < np.abs(basis[1:]).mean() < 0.001


def test_levered_positions_end_sooner_the_higher_their_leverage() -> None:
    batches, positions = week(2)
    age = (batches[0].covered.end_ms - positions.opened_ms) / DAY_MS
    assert np.median(age[positions.leverage >= 25]) < 0.6 * np.median(age[positions.leverage <= 5])


def test_what_is_published_is_in_order() -> None:
    for batch in week(3)[0]:
        candles = batch.candles
        assert batch.covered == Interval(START_MS, START_MS + 7 * DAY_MS)
        assert np.array_equal(candles.time_ms, np.arange(START_MS, START_MS + 7 * DAY_MS, MINUTE_MS))
        assert (candles["open"][1:] == candles["close"][:-1]).all()
        assert (candles["low"] <= np.minimum(candles["open"], candles["close"])).all()
        assert (candles["high"] >= np.maximum(candles["open"], candles["close"])).all()
        assert (np.diff(batch.events.time_ms) >= 0).all()
        assert set(batch.events["side"]) == {-1.0, 1.0}
        assert batch.events.kind is Kind.EVENTS
        for side, name in ((1.0, "long"), (-1.0, "short")):
            told = batch.totals[f"liquidation_{name}_usd"].sum()
            usd = batch.events["notional_usd"][batch.events["side"] == side].sum()
            assert told == pytest.approx(usd)


def test_other_exchanges_and_times_can_be_chosen() -> None:
    start = START_MS + 40 * DAY_MS
    market = Market(1, PROFILES[:1], start)
    assert market.time_ms == start
    (batch,) = market.advance(5)
    assert batch.exchange == PROFILES[0].name
    assert batch.candles.time_ms[0] == start
    assert market.positions().opened_ms.min() >= start - WARM_UP_DAYS * DAY_MS
    for profiles, when in (((), start), (PROFILES[:1] * 2, start), (PROFILES, start + 1)):
        with pytest.raises(BadInputError):
            Market(1, profiles, when)
