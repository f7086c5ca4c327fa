"""Minute candles inside longer ones: used where they agree, ignored where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.market import MINUTE_MS, Kind, Records
from heatdesk.model.minutes import refine
from heatdesk.model.subdivide import subdivide
from tests.model.walks import START_MS, walk


def minutes_and_candles(n=40):
    """A walk of minutes, and the same walk as 5-minute candles."""
    fine = walk(5 * n, 7, volatility=0.0007)
    time_ms = START_MS + np.arange(5 * n, dtype=np.int64) * MINUTE_MS
    shape = (n, 5)
    candles = walk(n, 1)
    columns = {
        "open": fine.open.reshape(shape)[:, 0],
        "high": fine.high.reshape(shape).max(axis=1),
        "low": fine.low.reshape(shape).min(axis=1),
        "close": fine.close.reshape(shape)[:, -1],
    }
    coarse = type(candles)(
        START_MS + np.arange(n, dtype=np.int64) * 5 * MINUTE_MS,
        5 * MINUTE_MS,
        *columns.values(),
        candles.volume,
        candles.taker_buy_volume,
        candles.open_interest,
        candles.open_interest_step,
    )
    names = ("open", "high", "low", "close")
    unknown = {"volume": np.full(5 * n, np.nan), "taker_buy_volume": np.full(5 * n, np.nan)}
    return Records(Kind.CANDLES, time_ms, {k: getattr(fine, k) for k in names} | unknown), coarse


@pytest.mark.parametrize("late", [0, MINUTE_MS])
def test_stored_minutes_are_the_path_however_they_are_stamped(late):
    minutes, candles = minutes_and_candles()
    stamped = Records(Kind.CANDLES, minutes.time_ms + late, minutes.columns)
    fine = refine(candles, stamped)
    assert len(fine) == 10 * len(candles)
    ends = fine.close.reshape(-1, 2)[:, 1]
    np.testing.assert_allclose(ends, minutes["close"], rtol=1e-12)
    np.testing.assert_allclose(fine.high.reshape(-1, 2).max(axis=1), minutes["high"], rtol=1e-12)
    np.testing.assert_allclose(fine.volume.reshape(-1, 10).sum(axis=1), candles.volume, rtol=1e-12)


def test_candles_without_all_of_their_minutes_are_guessed():
    minutes, candles = minutes_and_candles()
    kept = np.ones(len(minutes), bool)
    kept[12] = False
    fine, guess = refine(candles, minutes.take(kept)), subdivide(candles, 10)
    np.testing.assert_array_equal(fine.close[20:30], guess.close[20:30])
    assert not np.allclose(fine.close[10:20], guess.close[10:20], rtol=1e-6)


def test_minutes_of_something_else_are_not_believed():
    minutes, candles = minutes_and_candles()
    other = Records(Kind.CANDLES, minutes.time_ms, {k: v * 1.2 for k, v in minutes.columns.items()})
    fine = refine(candles, other)
    np.testing.assert_array_equal(fine.close, subdivide(candles, 10).close)
    none = refine(candles, Records.empty(Kind.CANDLES))
    np.testing.assert_array_equal(none.low, fine.low)


def test_nothing_later_than_a_candle_is_used():
    minutes, candles = minutes_and_candles()
    whole = refine(candles, minutes)
    early = refine(candles.head(25), minutes.take(slice(0, 130)))
    np.testing.assert_array_equal(whole.high[:250], early.high)
