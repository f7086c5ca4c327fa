"""Errors against known positions: what each of them sees, and what the estimators score on simulated markets."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.feed.simulated.feed import SimulatedFeed
from heatdesk.feed.simulated.market import MINUTES_PER_DAY
from heatdesk.model.grid import PriceGrid
from heatdesk.model.heatmap import Heatmap
from heatdesk.reading.truth import (
    Errors,
    Levels,
    compare,
    compare_baselines,
    earth_movers_rows,
    spearman,
    true_column,
)
from heatdesk.store.memory import MemoryStore

LAST = 50_000.0
GRID = PriceGrid.covering(30_000.0, 80_000.0, 10.0)


def heatmap_of(newest: np.ndarray) -> Heatmap:
    """A map of one column, long and short."""
    columns = newest.astype(np.float32)[:, :, None]
    return Heatmap(
        notional_long=columns[0],
        notional_short=columns[1],
        prices=GRID.edges(),
        times_ms=np.zeros(1, np.int64),
        step_ms=300_000,
        bin_bps=GRID.bin_bps,
        tiers=np.array([10.0]),
        newest_by_tier=columns.transpose(0, 2, 1),
    )


def some_levels(seed: int = 0, count: int = 400) -> Levels:
    random = np.random.default_rng(seed)
    side = np.where(np.arange(count) % 2, 1.0, -1.0)
    place = np.repeat(random.uniform(0.02, 0.15, count // 20), 20)  # crowds of twenty
    price = LAST * np.exp(-side * place)
    return Levels(price, random.exponential(1e5, count), side)


def errors_of(found: tuple[Errors, ...], side: str, estimate: str = "map") -> Errors:
    return next(e for e in found if (e.side, e.estimate) == (side, estimate))


def test_the_true_column_holds_every_level_on_its_row() -> None:
    levels = some_levels()
    column = true_column(levels, GRID.edges())
    assert column.sum() == pytest.approx(levels.usd.sum())
    assert column[0].sum() == pytest.approx(levels.usd[levels.side > 0].sum())
    row = int(GRID.position(levels.price[1]))
    assert column[0, row] >= levels.usd[1]


def test_the_truth_itself_has_no_error() -> None:
    levels = some_levels()
    for e in compare(heatmap_of(true_column(levels, GRID.edges())), levels, LAST):
        assert (e.cosine, e.rank, e.ratio) == pytest.approx((1.0, 1.0, 1.0), abs=1e-6)
        assert e.mover == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize("percent", [0.5, 2.0])
def test_the_movers_distance_is_how_far_a_map_is_shifted(percent: float) -> None:
    levels = some_levels()
    shifted = replace(levels, price=levels.price * np.exp(-levels.side * percent / 100))
    e = errors_of(compare(heatmap_of(true_column(shifted, GRID.edges())), levels, LAST), "long")
    assert e.mover == pytest.approx(percent, rel=0.05)
    assert e.cosine < 0.9


def test_amounts_are_the_ratio_and_nothing_else() -> None:
    levels = some_levels()
    right = compare(heatmap_of(true_column(levels, GRID.edges())), levels, LAST)
    triple = compare(heatmap_of(3 * true_column(levels, GRID.edges())), levels, LAST)
    for a, b in zip(right, triple, strict=True):
        assert b.ratio == pytest.approx(3 * a.ratio, rel=1e-5)
        assert (b.cosine, b.mover, b.rank) == pytest.approx((a.cosine, a.mover, a.rank), abs=1e-5)


def test_swapped_sides_are_far_off() -> None:
    levels = some_levels()
    swapped = heatmap_of(true_column(levels, GRID.edges())[::-1])
    assert errors_of(compare(swapped, levels, LAST), "long").ratio == 0.0
    assert errors_of(compare(swapped, levels, LAST), "long").cosine == 0.0


def test_levels_out_of_reach_do_not_count() -> None:
    levels = some_levels()
    far = Levels(
        np.append(levels.price, [31_000.0]), np.append(levels.usd, [1e12]), np.append(levels.side, [1.0])
    )
    truth = heatmap_of(true_column(levels, GRID.edges()))
    assert compare(truth, far, LAST) == compare(truth, levels, LAST)


def test_a_side_without_truth_is_left_out() -> None:
    levels = some_levels()
    longs = levels.side > 0
    only = Levels(levels.price[longs], levels.usd[longs], levels.side[longs])
    sides = {e.side for e in compare(heatmap_of(true_column(levels, GRID.edges())), only, LAST)}
    assert sides == {"long", "both"}


def test_baselines_claim_no_amount_and_uniform_no_order() -> None:
    found = compare_baselines(heatmap_of(np.zeros((2, GRID.rows))), some_levels(), LAST)
    assert {e.estimate for e in found} == {"proximity", "uniform"}
    assert all(math.isnan(e.ratio) for e in found)
    assert math.isnan(errors_of(found, "long", "uniform").rank)
    assert not math.isnan(errors_of(found, "long", "proximity").rank)


def test_an_empty_map_has_no_place_to_be_off_by() -> None:
    e = compare(heatmap_of(np.zeros((2, GRID.rows))), some_levels(), LAST)[0]
    assert (e.cosine, e.ratio) == (0.0, 0.0)
    assert math.isnan(e.mover) and math.isnan(e.rank)


@given(st.lists(st.integers(0, 5), min_size=3, max_size=30), st.integers(0, 2**32 - 1))
def test_rank_correlation_sees_order_only(values: list[int], seed: int) -> None:
    a = np.array(values, float)
    if np.ptp(a) == 0:
        assert math.isnan(spearman(a, a))
        return
    assert spearman(a, np.exp(a)) == pytest.approx(1.0)
    assert spearman(a, -a) == pytest.approx(-1.0)
    order = np.random.default_rng(seed).permutation(len(a))
    b = a[order]
    assert spearman(a, b) == pytest.approx(spearman(b, a))


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=40), st.integers(1, 5))
def test_moving_everything_by_rows_costs_the_rows(values: list[float], rows: int) -> None:
    a = np.array([*values, *([0.0] * rows)])
    if a.sum() < 1e-3:
        return
    assert earth_movers_rows(a, np.roll(a, rows)) == pytest.approx(rows, rel=1e-6)
    assert earth_movers_rows(a, 7 * a) == pytest.approx(0.0, abs=1e-9)


@cache
def simulated(seed: int) -> tuple[Snapshot, Levels]:
    store = MemoryStore()
    feed = SimulatedFeed(store.append, seed)
    feed.advance(8 * MINUTES_PER_DAY)
    truth = feed.positions()
    snapshot = Engine(store).ask(Question(feed.symbol, feed.exchanges, "5m", lookback_ms=3_600_000))
    levels = Levels(truth.liquidation_price, truth.liquidation_usd, truth.side)
    return snapshot, levels


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_estimate_is_nearer_to_the_truth_than_maps_that_know_only_the_price(seed: int) -> None:
    snapshot, levels = simulated(seed)
    last = float(snapshot.candles["close"][-1])
    estimate = errors_of(compare(snapshot.heatmap, levels, last), "both")
    print(estimate)
    assert estimate.cosine > 0.9
    assert estimate.rank > 0.5
    assert 0.2 < estimate.ratio < 2.0
    for baseline in ("uniform", "proximity"):
        other = errors_of(compare_baselines(snapshot.heatmap, levels, last), "both", baseline)
        print(other)
        assert estimate.cosine > other.cosine
        assert estimate.mover < other.mover
        assert not estimate.rank <= other.rank  # uniform has no order: NaN


def test_an_estimate_of_another_market_scores_worse() -> None:
    """The errors are about these positions, not about any plausible ones."""
    (mine, levels), (other, _) = simulated(1), simulated(2)
    last = float(mine.candles["close"][-1])
    scale = last / float(other.candles["close"][-1])
    moved = replace(other.heatmap, prices=other.heatmap.prices * scale)
    right = errors_of(compare(mine.heatmap, levels, last), "both")
    wrong = errors_of(compare(moved, levels, last), "both")
    assert right.cosine > wrong.cosine
    assert right.rank > wrong.rank
    assert right.mover < wrong.mover
