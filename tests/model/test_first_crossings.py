"""First crossings against levels followed one by one in plain Python, against the book, and against the future."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from heatdesk.model.book import Book
from heatdesk.model.crossings import swept_by_age, swept_by_tier
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from tests.model.walks import frame_of, markets, models, tiers_of, walk


def flow_of(series, params):
    return ESTIMATORS[params.estimator].flow(series, params)


def followed(series, params, flow, tiers):
    """Every level of every birth on its own: a list of open levels, walked through each candle."""
    n = len(series)
    out = np.zeros((n, 2, len(tiers.leverage)))
    wick = (1 - params.entry_close) / 2
    width = np.log1p(params.bin_bps * 1e-4)
    for side in (0, 1):
        opens, closes = (
            (flow.opens_long, flow.closes_long) if side == 0 else (flow.opens_short, flow.closes_short)
        )
        ratio = (tiers.ratio_long, tiers.ratio_short)[side]
        levels = []  # [price, tier, base units]
        for i in range(n):
            body = (min, max)[side](series.open[i], series.close[i])
            removed = 0.0
            for level in levels:
                price, tier, amount = level
                beyond = price >= series.low[i] if side == 0 else price <= series.high[i]
                in_body = price >= body if side == 0 else price <= body
                lost = amount if beyond and in_body else amount * params.wick_clear if beyond else 0.0
                out[i, side, tier] += lost * price
                level[2] -= lost
                removed += lost * tiers.weight[tier]
            hazard = max(closes[i] - removed, 0.0) / flow.pool[i]
            levels = [[p, t, a * np.exp(-tiers.close_rate[t] * hazard)] for p, t, a in levels if a > 0]
            low, close, high = np.log([series.low[i], series.close[i], series.high[i]])
            edges = (low, (low + close) / 2, (close + high) / 2, high)
            entries = max(1, int(np.ceil(max(b - a for a, b in pairwise(edges)) / width / 2)))
            for (a, b), share in zip(pairwise(edges), (wick, params.entry_close, wick), strict=True):
                for k in range(entries):
                    entry = np.exp(a + (b - a) * (k + 0.5) / entries)
                    levels += [
                        [entry * ratio[t], t, opens[i] * share / entries]
                        for t in range(len(tiers.leverage))
                        if opens[i] > 0
                    ]
    return out


@given(markets.filter(lambda series: len(series) <= 60), models)
@settings(max_examples=15, deadline=None)
def test_every_level_falls_where_it_falls_on_its_own(series, params):
    tiers, flow = tiers_of(params), flow_of(series, params)
    expected = followed(series, params, flow, tiers)
    fast = swept_by_tier(series, flow, tiers, params)
    np.testing.assert_allclose(fast, expected, rtol=1e-9, atol=1e-7 * max(expected.max(), 1e-9))


@pytest.mark.parametrize("wick_clear", [1.0, 0.7])
def test_the_book_sweeps_the_same(wick_clear):
    """With rows of 1 bp the book's ledger agrees tier by tier; levels lie within a candle's range of its extreme."""
    series = walk(3000, 5, volatility=0.001)
    params = ModelParams(wick_clear=wick_clear, bin_bps=1.0)
    tiers, flow = tiers_of(params), flow_of(series, params)
    book = Book.empty(series, tiers, params)
    book.advance(series, frame_of(series, book))
    swept = swept_by_tier(series, flow, tiers, params)
    for side, ledger, price in ((0, book.long, series.low), (1, book.short, series.high)):
        exact = (swept[:, side] / price[:, None]).sum(axis=0) * tiers.weight
        np.testing.assert_allclose(exact, ledger.swept, rtol=0.01)


@given(markets, models)
@settings(max_examples=15, deadline=None)
def test_nothing_later_than_the_candle_is_used(series, params):
    tiers, k = tiers_of(params), len(series) // 2
    flow, early = flow_of(series, params), series.head(k)
    for removal in (True, False):
        whole = swept_by_tier(series, flow, tiers, params, removal=removal)
        part = swept_by_tier(early, flow_of(early, params), tiers, params, removal=removal)
        np.testing.assert_array_equal(whole[:k], part)


def test_ages_add_up_and_are_the_cohorts_own():
    series, params = walk(1500, 3), ModelParams()
    tiers, flow = tiers_of(params), flow_of(series, params)
    hour = 3_600_000
    ages = swept_by_age(series, flow, tiers, params, (hour, 6 * hour))
    assert ages.shape == (1500, 2, len(tiers.leverage), 3)
    np.testing.assert_allclose(ages.sum(axis=3), swept_by_tier(series, flow, tiers, params), rtol=1e-9)
    assert not ages[:12, :, :, 1:].any()  # nothing is an hour old within the first hour
    assert ages[:12, :, :, 0].any()
    assert not ages[:72, :, :, 2].any()
    assert ages[72:, :, :, 2].any()


def test_shifted_births_keep_the_path_but_not_the_amounts():
    series, params = walk(800, 4), ModelParams()
    tiers, flow = tiers_of(params), flow_of(series, params)
    here = swept_by_tier(series, flow, tiers, params)
    there = swept_by_tier(series, flow, tiers, params, births_shift=300)
    assert np.corrcoef(here.sum(axis=2).ravel(), there.sum(axis=2).ravel())[0, 1] < 0.98
    np.testing.assert_array_equal(here, swept_by_tier(series, flow, tiers, params, births_shift=len(series)))


def test_levels_that_are_never_removed_count_again_and_again():
    series, params = walk(2000, 8), ModelParams(estimator="volume")
    tiers, flow = tiers_of(params), flow_of(series, params)
    once = swept_by_tier(series, flow, tiers, params).sum(axis=0)
    again = swept_by_tier(series, flow, tiers, params, removal=False).sum(axis=0)
    assert (again.sum(axis=1) > 2 * once.sum(axis=1)).all()


def test_no_candles_sweep_nothing():
    series, params = walk(5, 1).head(0), ModelParams()
    assert swept_by_tier(series, flow_of(series, params), tiers_of(params), params).shape == (0, 2, 22)
