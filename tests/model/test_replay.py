"""The compiled replay against its readable twin, and what both must always hold."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.model.book import Book, Frame, Tally
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from heatdesk.model.readable import replay
from heatdesk.model.series import Series
from tests.model.walks import START_MS, STEP_MS, frame_of, markets, models, replayed, tiers_of, walk


@given(markets, models, st.sampled_from([1, 3]))
@settings(max_examples=60)
def test_kernel_agrees_with_its_readable_twin(series, params, per_column):
    book = Book.empty(series, tiers_of(params), params)
    frame = frame_of(
        series, book, STEP_MS * per_column, START_MS // (STEP_MS * per_column) * STEP_MS * per_column
    )
    slow = replay(series, book.tiers, params, book.grid, frame)
    fast = book.advance(series, frame)
    for columns, twin in zip(fast, (slow.long, slow.short), strict=True):
        largest = np.maximum(twin.max(axis=1, keepdims=True), 1e-300)
        assert np.all(np.abs(columns - twin) <= 1e-6 * largest + 1e-30)


@given(markets, models, st.sampled_from([1, 3]), st.integers(0, 1_000))
@settings(max_examples=60)
def test_columns_show_their_own_share_of_each_tier(series, params, per_column, seed):
    """Shares that change from column to column, some of them 0, as the readable twin draws them."""
    rng = np.random.default_rng(seed)
    book = Book.empty(series, tiers_of(params), params)
    step_ms = STEP_MS * per_column
    plain = frame_of(series, book, step_ms, START_MS // step_ms * step_ms)
    share = rng.lognormal(0, 1, (plain.n_times, len(plain.wanted))) * (rng.random(len(plain.wanted)) < 0.8)
    frame = replace(plain, wanted=rng.random(len(plain.wanted)) < 0.8, share=share)
    slow = replay(series, book.tiers, params, book.grid, frame)
    for columns, twin in zip(book.advance(series, frame), (slow.long, slow.short), strict=True):
        largest = np.maximum(twin.max(axis=1, keepdims=True), 1e-300)
        assert np.all(np.abs(columns - twin) <= 1e-6 * largest + 1e-30)


@given(markets, models)
@settings(max_examples=30)
def test_the_tally_counts_what_was_swept(series, params):
    """By tier it adds up to the ledger at prices between the lowest and the highest candle's."""
    bar_of = np.arange(len(series)) // 7
    book = Book.empty(series, tiers_of(params), params)
    tally = Tally.empty(bar_of, len(book.tiers.leverage))
    book.advance(series, frame_of(series, book), tally=tally)
    assert tally.long.shape == (len(series) // 7 + (len(series) % 7 > 0), len(book.tiers.leverage))
    for counted, side, price in ((tally.long, book.long, series.low), (tally.short, book.short, series.high)):
        assert np.all(counted >= 0)
        assert np.all(counted.sum(axis=0) <= side.swept * price.max() * (1 + 1e-9))
        assert np.all(counted.sum(axis=0) >= side.swept * price.min() * (1 - 1e-9))


@given(markets, models)
@settings(max_examples=60)
def test_what_is_born_stands_or_was_swept_or_closed(series, params):
    """Per side and tier: the ledger's births are the flow's, its closes those the twin counted one by one."""
    book, *_ = replayed(series, params)
    flow = ESTIMATORS[params.estimator].flow(series, params)
    twin = replay(series, book.tiers, params, book.grid, frame_of(series, book))
    for side, opens, mirrored, closed in (
        (book.long, flow.opens_long, False, twin.closed_long),
        (book.short, flow.opens_short, True, twin.closed_short),
    ):
        ledger = side.ledger(book.tiers.weight)
        scale = max(ledger.born.max(), 1e-12)
        np.testing.assert_allclose(ledger.born, book.tiers.weight * opens.sum(), atol=1e-9 * scale)
        np.testing.assert_allclose(
            ledger.standing + ledger.swept + ledger.closed, ledger.born, atol=1e-9 * scale
        )
        np.testing.assert_allclose(ledger.closed, closed, atol=1e-7 * scale)
        np.testing.assert_allclose(side.levels(mirrored).sum(axis=1), ledger.standing, atol=1e-9 * scale)
        for amounts in ledger:
            assert np.all(amounts >= -1e-9 * scale)


@given(markets, st.floats(0.05, 1.0), st.floats(0.0, 1.0))
@settings(max_examples=60)
def test_both_sides_add_up_to_open_interest(series, churn, handover):
    """Each side's opens − closes is the open-interest step, so with the unlevered rest each side is open interest."""
    params = ModelParams(churn=churn, taker_handover=handover)
    flow = ESTIMATORS["flow"].flow(series, params)
    scale = max(float(np.abs(flow.opens_long).max()), 1e-12)
    for opens, closes in ((flow.opens_long, flow.closes_long), (flow.opens_short, flow.closes_short)):
        np.testing.assert_allclose(opens - closes, series.open_interest_step, atol=1e-9 * scale)
        assert np.all(opens >= -1e-9 * scale)
        assert np.all(closes >= -1e-9 * scale)
    book, *_ = replayed(series, params)
    if not np.isnan(series.open_interest[-1]):
        for side in (book.long, book.short):
            assert 0 <= side.ledger(book.tiers.weight).standing.sum() <= series.open_interest[-1]


@given(markets)
@settings(max_examples=60)
def test_no_level_survives_a_crossing(series):
    """Whole rows between the price of birth and every later extreme are empty, on both sides."""
    book, long, short = replayed(series)
    edges = book.grid.edges()
    low, high = float(series.low[-1]), float(series.high[-1])
    # what the newest candle itself gave birth to may lie inside its own range: it can die from the next one on
    before, old_long, old_short = (
        replayed(series.head(len(series) - 1)) if len(series) > 1 else (None, None, None)
    )
    if before is None:
        return
    born_long, born_short = _newborn(series, book)
    survivors_long = long[-1] * (edges[:-1] >= low) - born_long
    survivors_short = short[-1] * (edges[1:] <= high) - born_short
    assert survivors_long.max() <= 1e-6 * max(long[-1].max(), 1e-30)
    assert survivors_short.max() <= 1e-6 * max(short[-1].max(), 1e-30)
    assert old_long is not None and old_short is not None


def _newborn(series: Series, book: Book):
    """USD that the newest candle alone gave birth to, per row."""
    params = book.params
    last = Series(
        **{
            f.name: v[-1:] if isinstance(v := getattr(series, f.name), np.ndarray) else v
            for f in fields(Series)
        }
    )
    flow = ESTIMATORS[params.estimator].flow(series, params)
    newest = type(flow)(**{f.name: getattr(flow, f.name)[-1:] for f in fields(flow)})
    alone = Book.empty(last, book.tiers, params, within=book.grid)
    assert alone.grid == book.grid
    frame = Frame(
        slice(0, book.grid.rows), int(last.time_ms[0]), STEP_MS, 1, np.ones(len(book.tiers.leverage), bool)
    )
    long, short = alone.advance(last, frame, newest)
    return long[0], short[0]


@given(markets, models, st.integers(1, 119))
@settings(max_examples=40)
def test_columns_do_not_change_when_the_future_is_known(series, params, k):
    """Bit for bit, although the longer history has another price range and another grid."""
    k = min(k, len(series))
    known, *then = replayed(series.head(k), params)
    full, *now = replayed(series, params)
    shift = known.grid.first - full.grid.first
    columns = then[0].shape[0]
    for early, late in zip(then, now, strict=True):
        shared = late[:columns, shift : shift + known.grid.rows]
        assert np.array_equal(early, shared)


@given(markets, models, st.integers(1, 119))
@settings(max_examples=40)
def test_appending_equals_replaying(series, params, k):
    """A book advanced in two parts is the book advanced in one, bit for bit: history and live use the same step."""
    k = min(k, len(series))
    whole, *at_once = replayed(series, params)
    book = Book.empty(series, whole.tiers, params)
    flow = ESTIMATORS[params.estimator].flow(series, params)
    first, rest = (
        (
            Series(**{f.name: _part(getattr(series, f.name), s) for f in fields(Series)}),
            type(flow)(**{f.name: getattr(flow, f.name)[s] for f in fields(flow)}),
        )
        for s in (slice(0, k), slice(k, None))
    )
    frame = frame_of(series, book)
    book.advance(first[0], frame, first[1])
    if len(rest[0]):
        in_parts = book.advance(rest[0], frame, rest[1])
        for part, one in zip(in_parts, at_once, strict=True):
            assert np.array_equal(part[-1], one[-1])
    np.testing.assert_array_equal(book.long.swept, whole.long.swept)


def _part(value, rows):
    return value[rows] if isinstance(value, np.ndarray) else value


def test_a_forming_candle_commits_nothing():
    series = walk(200)
    book, *_ = replayed(series.head(199))
    book = Book.empty(series, book.tiers, book.params)
    frame = frame_of(series, book)
    book.advance(series.head(199), frame)
    before = book.copy()
    ahead = book.copy()
    ahead.advance(series, frame)
    for f in fields(book.long):
        assert np.array_equal(getattr(book.long, f.name), getattr(before.long, f.name))
    assert ahead.long.opened > book.long.opened


def test_tier_maps_add_up_to_the_whole():
    series = walk(300)
    book = Book.empty(series, tiers_of(ModelParams()), ModelParams())
    whole = book.advance(series, frame_of(series, book))
    parts = []
    for tier in range(len(book.tiers.leverage)):
        alone = Book.empty(series, book.tiers, book.params)
        frame = frame_of(series, alone)
        wanted = np.zeros(len(book.tiers.leverage), bool)
        wanted[tier] = True
        parts.append(
            alone.advance(series, Frame(frame.rows, frame.start_ms, frame.step_ms, frame.n_times, wanted))
        )
    for side in (0, 1):
        total = np.sum([p[side].astype(float) for p in parts], axis=0)
        np.testing.assert_allclose(total, whole[side], rtol=1e-5, atol=1e-5 * whole[side].max())


def test_extreme_hazards_neither_overflow_nor_lose_mass():
    """Open interest that collapses a thousandfold and volumes far beyond it keep every number finite."""
    series = walk(600, 3)
    wild = Series(
        **{
            f.name: getattr(series, f.name) * 1000.0
            if f.name in ("volume", "taker_buy_volume")
            else getattr(series, f.name)
            for f in fields(Series)
        }
    )
    params = ModelParams(close_slope=1.5, churn=1.0)
    book, long, short = replayed(wild, params)
    assert np.isfinite(long).all() and np.isfinite(short).all()
    frame = frame_of(wild, book)
    twin = replay(wild, book.tiers, params, book.grid, frame)
    np.testing.assert_allclose(long, twin.long, rtol=1e-5, atol=1e-6 * twin.long.max())


@pytest.mark.parametrize("per_column", [1, 4, 12])
def test_columns_aggregate_by_their_last_candle(per_column):
    series = walk(240)
    book = Book.empty(series, tiers_of(ModelParams()), ModelParams())
    start = START_MS // (STEP_MS * per_column) * STEP_MS * per_column
    wide = book.advance(series, frame_of(series, book, STEP_MS * per_column, start))
    again = Book.empty(series, book.tiers, book.params)
    narrow = again.advance(series, frame_of(series, again))
    ends = (start + (np.arange(wide[0].shape[0]) + 1) * STEP_MS * per_column - START_MS) // STEP_MS - 1
    ends = np.minimum(ends, 239)
    assert np.array_equal(wide[0], narrow[0][ends])


def test_a_view_that_begins_in_a_hole_shows_what_stood():
    series = walk(100)
    late = int(series.time_ms[-1]) + 10 * STEP_MS
    book = Book.empty(series, tiers_of(ModelParams()), ModelParams())
    frame = Frame(slice(0, book.grid.rows), late, STEP_MS, 3, np.ones(len(book.tiers.leverage), bool))
    long, _ = book.advance(series, frame)
    again, whole, _ = replayed(series)
    assert again.grid == book.grid
    assert np.array_equal(long[0], whole[-1]) and np.array_equal(long[2], whole[-1])
