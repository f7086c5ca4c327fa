"""Regression, calibration, class weights, the adaptive scale and the bands: on known truths."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.market import HOUR_MS
from heatdesk.score.bands import causal_bands
from heatdesk.score.calibration import Start, calibrate
from heatdesk.score.deviance import deviance, skill
from heatdesk.score.lags import recent
from heatdesk.score.poisson import fit_poisson
from heatdesk.score.scale import adaptive_scale, half_life_bars
from heatdesk.score.weights import learned_weights


def test_poisson_regression_finds_the_coefficients_and_starts_at_its_centre():
    random = np.random.default_rng(1)
    design = np.column_stack((np.ones(4000), random.normal(size=(4000, 2))))
    truth = np.array([11.0, 0.7, -0.4])
    y = np.exp(design @ truth) * random.gamma(2.0, 0.5, 4000)
    one, weak = np.ones(4000), np.full(3, 1e-3)
    found = fit_poisson(design, y, np.zeros(4000), one, np.zeros(3), weak)
    np.testing.assert_allclose(found, truth, atol=0.06)
    np.testing.assert_array_equal(fit_poisson(design[:0], y[:0], np.zeros(0), one[:0], truth, weak), truth)
    held = fit_poisson(design, y, np.zeros(4000), one, np.array([11.0, 0.0, 0.0]), np.full(3, 1e9))
    np.testing.assert_allclose(held, [11.0, 0.0, 0.0], atol=1e-4)


def test_calibration_undoes_a_power_law():
    random = np.random.default_rng(2)
    x = random.lognormal(10, 1.5, 3000)
    y = 30.0 * x**0.8 * random.gamma(3.0, 1 / 3, 3000)
    found = calibrate(x, y, np.ones(3000), float(x.mean()), Start(1.0, 1.0))
    assert found.exponent == pytest.approx(0.8, abs=0.05)
    assert found.usd(x).sum() == pytest.approx(y.sum(), rel=0.02)
    none = calibrate(x[:0], y[:0], np.ones(0), 100.0, Start(0.5, 1.0, 0.01))
    assert none.usd(np.array([100.0]))[0] == pytest.approx(50.5)


def test_weights_are_learned_where_there_is_information():
    random = np.random.default_rng(3)
    x = random.gamma(0.3, 1e6, (3000, 5))
    x[:, 4] = 0.0  # nothing says anything about the last class
    truth = np.array([0.02, 0.08, 0.01, 0.05, 0.03])
    y = (x @ truth) * random.gamma(2.0, 0.5, 3000)
    found = learned_weights(x, y, np.ones(3000), np.full(5, 0.04), 2.0)
    np.testing.assert_allclose(found[:4], truth[:4], rtol=0.2, atol=0.004)
    assert found[4] == pytest.approx(0.04 * y.sum() / (x @ np.full(5, 0.04)).sum(), rel=0.01)


def test_the_scale_follows_the_level_and_never_looks_ahead():
    told = np.full((400, 2), 10.0)
    seen = told * np.r_[np.full(200, 1.0), np.full(200, 2.0)][:, None]
    recorded = np.ones(400, bool)
    scale = adaptive_scale(seen, told, recorded, HOUR_MS)
    assert scale[:201] == pytest.approx(1.0)
    assert scale[399] == pytest.approx(2.0, rel=0.15)
    seen[300:] *= 100
    np.testing.assert_array_equal(adaptive_scale(seen, told, recorded, HOUR_MS)[:301], scale[:301])
    assert adaptive_scale(seen, told, recorded, HOUR_MS).max() == 3.0
    recorded[200:] = False
    assert adaptive_scale(seen, told, recorded, HOUR_MS)[200:] == pytest.approx(1.0)


def test_half_lives_are_a_day_and_three_hours():
    assert half_life_bars(HOUR_MS) == 24
    assert half_life_bars(HOUR_MS // 12) == pytest.approx(36)


def test_bands_hold_what_they_say_zeros_included():
    random = np.random.default_rng(4)
    told = random.lognormal(9, 1.2, (3000, 2))
    seen = told * random.gamma(0.8, 1.25, (3000, 2))
    seen[told < np.quantile(told, 0.3)] *= random.random((told < np.quantile(told, 0.3)).sum()) < 0.5
    low, high = causal_bands(seen, told, np.ones(3000, bool), HOUR_MS)
    late = slice(500, None)
    assert np.mean(seen[late] > high[late]) == pytest.approx(0.1, abs=0.02)
    assert np.mean(seen[late] < low[late]) < 0.12
    small = told[late] < np.quantile(told, 0.1)
    assert (low[late][small] == 0).mean() > 0.9
    changed = seen.copy()
    changed[1000:] *= 50
    again = causal_bands(changed, told, np.ones(3000, bool), HOUR_MS)
    np.testing.assert_array_equal(again[1][:1000], high[:1000])


def test_recent_is_relative_to_what_came_before_and_one_at_the_start():
    usd = np.zeros((100, 2))
    usd[:, 0], usd[50:, 1] = 4.0, 8.0
    told = recent(usd, np.ones(100, bool), (1.0,), 200.0)[..., 0]
    assert told[0].tolist() == [1, 1]
    assert told[49, 0] == pytest.approx(2.0, rel=0.05)  # longs twice the mean of both sides
    assert told[49, 1] < 0.1
    assert told[60, 1] > told[60, 0]


def test_deviance_is_zero_only_for_the_truth():
    y = np.array([0.0, 3.0, 10.0])
    assert deviance(y, y).tolist() == pytest.approx([0, 0, 0], abs=1e-5)
    assert (deviance(y, np.array([1.0, 1.0, 20.0])) > 0).all()
    assert skill(y, y, np.full(3, 4.0)) == pytest.approx(1.0)
    assert skill(y, np.full(3, 4.0), np.full(3, 4.0)) == 0.0
