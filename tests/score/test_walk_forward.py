"""The walk forward on made-up markets: causal bit for bit, useful from the first bars, better where the map is true."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.market import DAY_MS, HOUR_MS
from heatdesk.model.params import ModelParams
from heatdesk.score.deviance import skill
from heatdesk.score.exposure import Setup, bar_grid, exposure
from heatdesk.score.inputs import prepare, refits
from heatdesk.score.observed import Observed, nothing
from heatdesk.score.walk_forward import judged_alone, predict
from tests.score.worlds import walk

SETUP = Setup("binance", "BTC/USDT:USDT", ModelParams())


def world(days: int, seed: int = 1, bar_ms: int = HOUR_MS, started: float = 3.0):
    """A market and liquidations that obey its map, with noise, recorded from day `started` on."""
    series = walk(288 * days, seed)
    grid = bar_grid(series, bar_ms)
    truth = exposure(series, SETUP, grid, bar_ms).expected
    noise = np.random.default_rng(seed).gamma(0.7, 1 / 0.7, truth.shape)
    recorded = grid >= grid[0] + int(started * DAY_MS)
    usd = np.where(recorded[:, None], (truth + 200.0) * noise, 0.0)
    return series, Observed(bar_ms, grid, usd, recorded, np.full(len(grid), -1, np.int64))


def cut(observed: Observed, n: int) -> Observed:
    return Observed(
        observed.bar_ms, observed.time_ms[:n], observed.usd[:n], observed.recorded[:n], observed.events[:n]
    )


@pytest.mark.parametrize(("bar_ms", "days"), [(HOUR_MS, 9), (HOUR_MS // 12, 5)])
def test_what_was_said_does_not_change_with_what_comes(bar_ms, days):
    series, observed = world(days, 2, bar_ms)
    whole = predict(series, observed, SETUP)
    candles = len(series) * 4 // 5 // 12 * 12
    early = predict(series.head(candles), cut(observed, candles * 300_000 // bar_ms), SETUP)
    n = len(early.time_ms)
    assert n < len(whole.time_ms)
    for name in ("predicted", "p10", "p90", "excursion", "regression"):
        np.testing.assert_array_equal(getattr(early, name), getattr(whole, name)[:n], err_msg=name)
    for name, usd in early.parts.items():
        np.testing.assert_array_equal(usd, whole.parts[name][:n], err_msg=name)


def test_a_true_map_is_recognised():
    series, observed = world(20, 3)
    told = predict(series, observed, SETUP)
    rows = told.time_ms >= told.time_ms[0] + 4 * DAY_MS
    seen = told.observed[rows]
    assert skill(seen, told.predicted[rows], told.excursion[rows]) > 0.25
    assert skill(seen, told.predicted[rows], told.regression[rows]) > 0.1
    inside = (seen >= told.p10[rows]) & (seen <= told.p90[rows])
    assert 0.7 < inside.mean() < 0.9
    assert (told.p10 <= told.p90).all()
    assert set(told.parts) == {"positions", "prior positions", "without self-excitation"}


def test_bars_are_said_from_the_first_recorded_one_and_gaps_are_not_learned_from():
    series, observed = world(8, 4)
    observed.usd[100:120] = 1e12
    observed.recorded[100:120] = False
    told = predict(series, observed, SETUP, parts=False)
    assert told.time_ms[0] == observed.time_ms[72]
    assert told.scored.sum() == 2 * observed.recorded.sum()
    assert np.isfinite(told.predicted).all()
    assert (told.predicted > 0).all()
    assert told.predicted.max() < 1e10
    assert (
        told.between(int(told.time_ms[5]), int(told.time_ms[9])).predicted.tolist()
        == told.predicted[5:9].tolist()
    )


def test_nothing_recorded_gives_no_predictions():
    told = predict(walk(600), nothing(HOUR_MS), SETUP)
    assert len(told.time_ms) == 0


def test_any_other_map_gets_the_same_calibration():
    series, observed = world(12, 5)
    inputs = prepare(series, observed, SETUP)
    moments = refits(inputs)
    same = judged_alone(inputs, moments, inputs.exposure.expected)
    told = predict(series, observed, SETUP)
    np.testing.assert_array_equal(same[inputs.first :], told.parts["prior positions"])
    doubled = judged_alone(inputs, moments, 2 * inputs.exposure.expected)
    late = slice(-100, None)
    np.testing.assert_allclose(doubled[late], same[late], rtol=0.1)
