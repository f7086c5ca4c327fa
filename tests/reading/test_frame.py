"""The frame around the price, and the hour's range that says what is near."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.market import DAY_MS, HOUR_MS, Kind, Records
from heatdesk.model.resample import resample
from heatdesk.reading.clusters import Cluster
from heatdesk.reading.frame import NO_FRAME, find_frame
from heatdesk.reading.rules import FrameRules
from heatdesk.reading.volatility import hourly_atr
from tests.reading.maps import PRICE, flat_candles, heatmap


def zone(side: str, distance: float, share: float = 0.1, usd: float = 1e6) -> Cluster:
    low = PRICE * (1 + distance)
    return Cluster(low, low * 1.001, low, side, usd, distance, share)


NEAR, FAR, DUST = zone("short", 0.02), zone("short", 0.05), zone("short", 0.001)
BELOW = zone("long", -0.03)


def test_the_nearest_zones_that_are_prominent_and_not_dust_at_the_price():
    small = zone("short", 0.01, share=0.005)
    assert find_frame([FAR, DUST, small, NEAR, BELOW], 0.01) == (NEAR, BELOW)


def test_both_thresholds_are_adjustable():
    zones = [FAR, DUST, NEAR, BELOW]
    assert find_frame(zones, 0.01, FrameRules(nearest_atr=0.0)).above == DUST
    assert find_frame(zones, 0.01, FrameRules(nearest_atr=3.0)) == (FAR, BELOW)
    assert find_frame(zones, 0.01, FrameRules(least_share_percent=11.0)) == NO_FRAME


def test_of_two_as_near_the_larger_counts():
    larger = zone("short", 0.02, usd=2e6)
    assert find_frame([NEAR, larger], 0.01).above == larger


def test_no_zone_no_frame():
    assert find_frame([], 0.01) == NO_FRAME
    assert find_frame([BELOW], 0.01) == (None, BELOW)


def test_flat_hours_have_their_own_range():
    shown = heatmap(n_times=400)
    assert hourly_atr(flat_candles(shown, spread=0.002), shown.step_ms) == pytest.approx(0.004)


def test_the_close_before_an_hour_belongs_to_its_range():
    times = np.arange(48, dtype=np.int64) * HOUR_MS
    close = np.where(np.arange(48) % 2, 101.0, 100.0)
    jumps = Records(Kind.CANDLES, times, {"open": close, "high": close, "low": close, "close": close})
    assert hourly_atr(jumps, HOUR_MS) == pytest.approx(1 / 101)


def test_one_candle_or_none():
    shown = heatmap(n_times=1)
    assert hourly_atr(flat_candles(shown), shown.step_ms) == pytest.approx(0.002)
    assert hourly_atr(Records.empty(Kind.CANDLES), HOUR_MS) == 0.0


@given(seed=st.integers(0, 1000), step=st.sampled_from([4 * HOUR_MS, DAY_MS]))
def test_longer_candles_of_a_random_walk_tell_nearly_the_same(seed: int, step: int):
    """Within a factor of three, for each of these walks: one day's range is a small sample."""
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.001, 12 * 24 * 8)))
    times = np.arange(len(walk), dtype=np.int64) * 300_000
    fields = ("open", "high", "low", "close", "volume", "taker_buy_volume")
    candles = Records(Kind.CANDLES, times, dict.fromkeys(fields, walk))
    ratio = hourly_atr(resample(candles, step), step) / hourly_atr(candles, 300_000)
    assert 1 / 3 < ratio < 3
