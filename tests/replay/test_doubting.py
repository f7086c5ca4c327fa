"""How sure a map is: bands around its clusters and where an ensemble agrees, from a store."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.market import DAY_MS, Records
from heatdesk.model.age_windows import AgeChoice
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.replay.doubting import StoppedError, Uncertainty
from heatdesk.store.memory import MemoryStore
from tests.model.walks import SYMBOL, walk
from tests.replay.test_learned import keep, keep_totals, liquidated

ASKED = Question(SYMBOL, ("binance",), lookback_ms=5 * DAY_MS)


@pytest.fixture(scope="module")
def series() -> Series:
    return walk(12 * 288, 4)


@pytest.fixture(scope="module")
def totals(series: Series) -> Records:
    return liquidated(series, high=1.0)


def engine_of(series: Series, totals: Records | None = None) -> Engine:
    store = MemoryStore()
    keep(store, series)
    if totals is not None:
        keep_totals(store, totals)
    return Engine(store)


def doubted(engine: Engine, question: Question = ASKED) -> tuple[Snapshot, Uncertainty]:
    snapshot = engine.ask(question)
    found = engine.doubt(snapshot, lambda: False)
    assert found is not None
    return snapshot, found


def spread(snapshot: Snapshot, uncertainty: Uncertainty) -> float:
    """P90 ÷ P10 of the largest clusters, in the mean of the logarithm."""
    bands = [uncertainty.band(c.low, c.high, c.side, c.usd) for c in snapshot.clusters[:6]]
    return float(np.mean([np.log(high / low) for low, high in bands]))


def test_bands_hold_the_maps_own_usd_and_come_out_the_same_twice(series: Series, totals: Records):
    engine = engine_of(series, totals)
    snapshot, first = doubted(engine)
    _, again = doubted(engine)
    assert np.array_equal(first.doubt.cumulative, again.doubt.cumulative)
    assert np.array_equal(first.doubt.prices, snapshot.heatmap.prices)
    assert len(snapshot.clusters) > 3
    for c in snapshot.clusters:
        low, high = first.band(c.low, c.high, c.side, c.usd)
        assert 0 <= low <= c.usd <= high
        assert high < 30 * c.usd
    assert first.calibrated


def test_recorded_liquidations_narrow_the_band(series: Series, totals: Records):
    without = doubted(engine_of(series))
    learned = doubted(engine_of(series, totals))
    assert not without[1].calibrated
    assert spread(*learned) < 0.95 * spread(*without)
    assert spread(*without) > np.log(4)


def test_where_feeds_were_wild_the_band_is_wider(series: Series, totals: Records):
    noise = np.random.default_rng(2).lognormal(-1.0, 1.5, (2, len(totals)))
    wild = {name: column * noise[i] for i, (name, column) in enumerate(totals.columns.items())}
    calm, stormy = (
        doubted(engine_of(series, totals)),
        doubted(engine_of(series, replace(totals, columns=wild))),
    )
    assert spread(*stormy) > 1.2 * spread(*calm)


def test_most_members_see_the_clusters_and_few_what_is_none(series: Series, totals: Records):
    snapshot, uncertainty = doubted(engine_of(series, totals))
    agreement = uncertainty.doubt.agreement
    assert agreement.share.shape == (len(agreement.times_ms), snapshot.heatmap.shape[0])
    assert (
        agreement.times_ms[-1] + agreement.step_ms == snapshot.heatmap.times_ms[-1] + snapshot.heatmap.step_ms
    )
    seen = np.mean([uncertainty.doubt.agreed(c.low, c.high) for c in snapshot.clusters])
    rows = np.ones(snapshot.heatmap.shape[0], bool)
    for c in snapshot.clusters:
        rows[np.searchsorted(agreement.prices, c.low) : np.searchsorted(agreement.prices, c.high)] = False
    held = (snapshot.heatmap.notional("both")[:, -1] > 0) & rows
    assert seen > 0.6
    assert agreement.share[-1, held].mean() < 0.5 * seen


def test_nothing_later_than_the_map_is_used(series: Series, totals: Records):
    end = int(series.time_ms[-1]) - 4 * DAY_MS
    asked = replace(ASKED, end_ms=end // 3_600_000 * 3_600_000, price_min=50_000.0, price_max=75_000.0)
    _, whole = doubted(engine_of(series, totals), asked)
    then = series.head(int(np.searchsorted(series.time_ms, asked.end_ms)))
    _, known = doubted(
        engine_of(then, totals.take(totals.time_ms + 3_600_000 <= asked.end_ms)), replace(asked, end_ms=None)
    )
    assert np.array_equal(whole.doubt.cumulative, known.doubt.cumulative)
    assert np.array_equal(whole.doubt.agreement.share, known.doubt.agreement.share)


def test_several_exchanges_and_some_tiers(series: Series, totals: Records):
    store = MemoryStore()
    for exchange in ("binance", "bybit"):
        keep(store, series, exchange)
        keep_totals(store, totals, exchange)
    engine = Engine(store)
    both = replace(ASKED, exchanges=("binance", "bybit"), price_min=50_000.0, price_max=75_000.0)
    snapshot, uncertainty = doubted(engine, both)
    _, one = doubted(engine, replace(both, exchanges=("binance",)))
    top = uncertainty.doubt.cumulative[:, :, -1].mean()
    assert top == pytest.approx(2 * one.doubt.cumulative[:, :, -1].mean(), rel=0.2)
    _, high = doubted(engine, replace(both, tiers=(50.0, 100.0)))
    assert high.doubt.cumulative[:, :, -1].mean() < 0.5 * top
    assert len(snapshot.clusters) > 0


def test_it_stops_when_nobody_waits(series: Series):
    engine = engine_of(series)
    snapshot = engine.ask(ASKED)
    with pytest.raises(StoppedError):
        engine.doubt(snapshot, lambda: True)


def test_a_map_of_some_ages_has_no_bands(series: Series):
    engine = engine_of(series)
    snapshot = engine.ask(replace(ASKED, ages=AgeChoice()))
    assert engine.doubt(snapshot, lambda: False) is None
    prior = engine.ask(replace(ASKED, params=ModelParams(weights="prior")))
    assert engine.doubt(prior, lambda: False) is not None
