"""The ensemble's parts: its members, its draws, where they agree."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.model.ensemble import Agreement, Doubt, cumulative, dense_rows, drawn_weights, levels, members
from heatdesk.model.params import ModelParams
from heatdesk.model.posterior import Posterior
from heatdesk.reading.clusters import DENSE, SMOOTHING, SURROUNDINGS, dense_zones


def test_members_spread_evenly_and_are_the_same_every_time():
    params = ModelParams()
    models = members(params)
    assert models == members(params)
    churn = np.sort([m.churn for m in models])
    assert churn[0] < 0.6 * params.churn
    assert churn[-1] > 1.5 * params.churn
    assert len({m.close_slope for m in models}) == len(models)
    assert np.mean([m.close_slope for m in models]) == pytest.approx(params.close_slope, abs=0.05)
    assert all(m.levered_share == params.levered_share for m in models)


def test_members_keep_to_what_is_allowed():
    for params in (
        ModelParams(churn=1.0, close_slope=1.5, entry_close=1.0),
        ModelParams(churn=0.05, close_slope=0.0, entry_close=0.0),
    ):
        assert len(members(params)) == 8


def test_weights_are_drawn_as_the_posterior_says():
    """Two tiers that cannot be told apart: each is uncertain, their sum is not."""
    weight = np.array([0.1, 0.1, 0.0])
    variance = np.array([[0.25, -0.24, 0.0], [-0.24, 0.25, 0.0], [0.0, 0.0, 0.3]])
    posterior = Posterior(weight, np.linalg.inv(variance), np.ones(3))
    drawn = drawn_weights(posterior, 40_000, seed=3)
    assert np.array_equal(drawn[0], weight[:2])
    np.testing.assert_allclose(drawn.mean(axis=0), weight[:2], rtol=0.02)
    assert np.log(drawn[1:]).std(axis=0) == pytest.approx([0.5, 0.5], rel=0.03)
    correlation = np.corrcoef(np.log(drawn[1:]).T)[0, 1]
    assert correlation == pytest.approx(-0.96, abs=0.02)


def test_a_tier_that_bears_nobody_is_drawn_as_nothing():
    posterior = Posterior(np.array([0.2, 0.0, 0.0]), np.eye(3) * 3.0, np.full(3, 3.0))
    assert np.all(drawn_weights(posterior, 20, seed=1)[:, 1] == 0)


def test_levels_are_factors_around_one():
    factors = levels(20_000, 0.86, seed=2)
    low, middle, high = np.quantile(factors, (0.1, 0.5, 0.9))
    assert (low, middle, high) == (
        pytest.approx(1 / 3, rel=0.05), pytest.approx(1.0, rel=0.03), pytest.approx(3.0, rel=0.05)
    )  # fmt: skip


def test_rows_are_dense_by_the_rule_of_the_clusters():
    rng = np.random.default_rng(1)
    columns = rng.gamma(0.5, 1e6, (5, 700)).astype(np.float32)
    columns[:, 300:306] += 2e7
    columns[2] = 0.0
    width = np.log1p(10e-4)
    found = dense_rows(
        columns, max(1, round(SMOOTHING / width / 2)), max(2, round(SURROUNDINGS / width)), DENSE
    )
    for column, dense in zip(columns, found, strict=True):
        zones = np.zeros(len(column), bool)
        for zone in dense_zones(column.astype(float), 10.0, DENSE):
            zones[zone] = True
        # a cluster needs two rows: single ones are dense here
        assert np.all(dense[zones])
        assert (dense & ~zones).sum() <= dense.sum()
    assert found[0, 300:306].all()
    assert not found[2].any()


def test_usd_between_two_prices_is_the_sum_of_its_rows():
    rng = np.random.default_rng(2)
    prices = 100.0 * 1.001 ** np.arange(51)
    newest = rng.random((7, 2, 50)).astype(np.float32)
    share = np.zeros((3, 50), np.float32)
    share[-1, 10:14] = (0.5, 1.0, 1.0, 0.5)
    doubt = Doubt(prices, cumulative(newest), Agreement(share, prices, np.arange(3), 1))
    for side, index in (("long", 0), ("short", 1)):
        held = doubt.usd(prices[10], prices[14], side)
        np.testing.assert_allclose(held, newest[:, index, 10:14].sum(axis=1), rtol=1e-6)
    assert doubt.agreed(prices[10], prices[14]) == pytest.approx(0.75)
    assert doubt.agreed(prices[11], prices[13]) == pytest.approx(1.0)
    assert doubt.agreed(prices[20], prices[30]) == 0.0
