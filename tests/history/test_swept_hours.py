"""Hours counted on while a history grows are the hours of a replay from its start, bit for bit."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from heatdesk.history.swept_hours import Swept, SweptHours
from heatdesk.market import HOUR_MS
from heatdesk.model.crossings import swept_by_tier
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from tests.model.walks import SYMBOL, tiers_of, walk

PARAMS = ModelParams()


def counter() -> SweptHours:
    return SweptHours("binance", SYMBOL, PARAMS)


def same(a: Swept, b: Swept) -> bool:
    return a.first == b.first and all(np.array_equal(x, y) for x, y in zip(a[1:], b[1:], strict=True))


@pytest.mark.parametrize("with_oi", [True, False])
def test_a_growing_history_is_counted_on(with_oi: bool):
    series = walk(1_500, 3, with_oi=with_oi)
    kept = counter()
    for n in (100, 112, 124, 700, 712, 300, 1_500, 1_500):
        known = series.head(n)
        assert same(kept.of(known), counter().of(known)), n


def test_prices_beyond_the_grid_and_a_changed_past_begin_anew():
    series = walk(900, 5, volatility=0.02)
    kept = counter()
    for n in (50, 200, 500, 900):
        assert same(kept.of(series.head(n)), counter().of(series.head(n))), n
    volume = series.volume.copy()
    volume[10] *= 3.0
    changed = replace(series, volume=volume)
    assert same(kept.of(changed), counter().of(changed))
    assert not same(kept.of(changed), counter().of(series))


def test_it_counts_what_the_exact_crossings_count():
    series = walk(4_000, 6, volatility=0.004)
    swept = counter().of(series)
    tiers = tiers_of(PARAMS)
    exact = swept_by_tier(series, ESTIMATORS["flow"].flow(series, PARAMS), tiers, PARAMS)
    hourly = np.zeros_like(swept.usd)
    np.add.at(hourly, series.time_ms // HOUR_MS - swept.first, exact)
    for tier in np.flatnonzero(tiers.weight > 0):
        ours, theirs = swept.usd[:, :, tier].ravel(), hourly[:, :, tier].ravel()
        if theirs.sum() > 0:
            assert np.corrcoef(ours, theirs)[0, 1] > 0.97
    offered = tiers.weight > 0
    assert swept.usd[:, :, offered].sum() == pytest.approx(hourly[:, :, offered].sum(), rel=0.03)


def test_an_hour_without_its_candles_is_not_whole():
    series = walk(240, 2)
    kept = np.ones(240, bool)
    kept[60:70] = False
    holed = Series(
        **{
            f.name: v[kept] if isinstance(v := getattr(series, f.name), np.ndarray) else v
            for f in fields(Series)
        }
    )
    whole = counter().of(holed).whole
    assert not whole.all()
    assert whole.sum() >= 17
