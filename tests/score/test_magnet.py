"""The magnet test finds nothing in a random walk, and finds a pull where one was planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.model.params import ModelParams
from heatdesk.model.tiers import build_tiers
from heatdesk.score.magnet import BIN_BPS, magnet, matched_difference
from heatdesk.score.standing import Standing, path_of, standing

from .worlds import walk

PARAMS = ModelParams()
TIERS = build_tiers("binance", "BTC/USDT:USDT", PARAMS)
SERIES = walk(288 * 60, seed=3, volatility=0.0015)
EVER = (int(SERIES.time_ms[0]) + 5 * DAY_MS, int(SERIES.time_ms[-1]) + 1)


@pytest.fixture(scope="module")
def stood() -> Standing:
    return standing(SERIES, TIERS, PARAMS, HOUR_MS, BIN_BPS)


@pytest.mark.parametrize("hours", [4, 24])
def test_nothing_in_random_walks(hours: int) -> None:
    found = []
    for seed in range(8):
        series = walk(288 * 40, seed=seed, volatility=0.0015)
        start = int(series.time_ms[0]) + 5 * DAY_MS
        found.append(magnet(standing(series, TIERS, PARAMS, HOUR_MS, BIN_BPS), hours * HOUR_MS, start, 2**60))
    assert min(m.n for m in found) > 2_000
    assert min(m.days for m in found) >= 34
    assert sum(m.difference.lo < 0 < m.difference.hi for m in found) >= 6
    assert abs(np.mean([m.difference.value for m in found])) < 0.02


def test_a_planted_pull_is_found(stood: Standing) -> None:
    """The last rows that price will pass in the next four hours are made bright: as strong as a magnet gets."""
    path = stood.path
    reach = np.array([path.high[i + 1 : i + 5].max(initial=0) for i in range(len(path.high))])
    below = np.floor(stood.grid.position(np.maximum(reach, 1.0)))[:, None] - np.arange(stood.grid.rows)
    noise = np.random.default_rng(1).lognormal(0, 0.1, below.shape)
    planted = replace(stood, short=(noise * np.where((below > 0) & (below < 3), 5.0, 1.0)).astype(np.float32))
    found = magnet(planted, 4 * HOUR_MS, *EVER)
    assert found.difference.lo > 0.02


def test_raw_rates_differ_by_distance_alone() -> None:
    """Bright bins twice as near as dim ones are touched more often, and the matched difference does not fall for it."""
    random = np.random.default_rng(5)
    n = 20_000
    cell = random.integers(0, 10, n)
    bright = random.random(n) < 0.05 + 0.04 * (10 - cell) / 10
    touched = (random.random(n) < 0.5 / (1 + cell)).astype(float)
    time_ms = np.sort(random.integers(0, 60 * DAY_MS, n))
    assert touched[bright].mean() > touched[~bright].mean() + 0.01
    found = matched_difference(touched, bright, cell, time_ms)
    assert found.lo < 0 < found.hi
    pulled = matched_difference(touched + 0.1 * bright, bright, cell, time_ms)
    assert pulled.value == pytest.approx(found.value + 0.1)


def test_nothing_to_compare_is_no_number() -> None:
    nothing = matched_difference(np.ones(4), np.ones(4, bool), np.arange(4), np.arange(4) * DAY_MS)
    assert np.isnan(nothing.value)
    short = walk(288)
    found = magnet(standing(short, TIERS, PARAMS, HOUR_MS, BIN_BPS), 24 * HOUR_MS, 0, 2**60)
    assert found.n == 0
    assert np.isnan(found.difference.value)


def test_a_missing_hour_stays_missing() -> None:
    keep = np.ones(288, bool)
    keep[24:36] = False  # the third hour
    series = walk(288)
    holed = type(series)(
        *(v[keep] if isinstance(v := getattr(series, f), np.ndarray) else v for f in series.__slots__)
    )
    path = path_of(holed, HOUR_MS)
    whole = path_of(series, HOUR_MS)
    assert np.flatnonzero(np.isnan(path.close)).tolist() == [2]
    np.testing.assert_array_equal(np.delete(path.high, 2), np.delete(whole.high, 2))
    assert whole.high[0] == series.high[:12].max()
    assert whole.open[1] == series.open[12]
    assert whole.close[0] == series.close[11]
