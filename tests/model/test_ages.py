"""The map by age against cohorts followed one by one, and the sums it must keep."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.errors import BadInputError
from heatdesk.model.age_kernel import take_window
from heatdesk.model.age_windows import AgeWindows
from heatdesk.model.ages import older_than
from heatdesk.model.book import Book, Frame
from heatdesk.model.cohorts import closing_hazards, cohorts_of
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from tests.model.walks import START_MS, STEP_MS, frame_of, markets, models, tiers_of, walk


def _map(series, params, step_ms=STEP_MS):
    """The book, its frame, the hazards and the whole map (2, n_times, n_prices)."""
    book = Book.empty(series, tiers_of(params), params)
    frame = frame_of(series, book, step_ms, START_MS // step_ms * step_ms)
    flow = ESTIMATORS[params.estimator].flow(series, params)
    closing = closing_hazards(series, flow, book.tiers, params)
    return book, frame, closing, np.stack(book.advance(series, frame))


def _older(age_ms, series, book, frame, closing):
    return next(_each(series, book, frame, closing, age_ms))


def _each(series, book, frame, closing, *ages_ms):
    now = int(series.time_ms[-1]) + series.step_ms
    return older_than(ages_ms, now, series, book.tiers, book.params, book.grid, frame, closing)


@given(
    markets,
    models,
    st.sampled_from([0, 1, 3, 12, 50, 200]),
    st.sampled_from([1, 3]),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60)
def test_what_is_older_is_the_sum_of_the_older_cohorts(series, params, candles, per_column, random):
    """Any column and row, holes in the data, several candles a column, partial sweeps: cell by cell."""
    age_ms = candles * STEP_MS
    book, frame, closing, total = _map(series, params, per_column * STEP_MS)
    older = _older(age_ms, series, book, frame, closing)
    column = random.randrange(frame.n_times)
    end = min(frame.start_ms + (column + 1) * frame.step_ms, int(series.time_ms[-1]) + STEP_MS)
    known = series.head(int(np.searchsorted(series.time_ms, frame.start_ms + (column + 1) * frame.step_ms)))
    for side, mirrored in enumerate((False, True)):
        occupied = np.flatnonzero(total[side, column])
        if not len(occupied):
            continue
        for row in {int(random.choice(occupied)), int(np.argmax(total[side, column]))}:
            cohorts = cohorts_of(book.grid.first + row, mirrored, known, book.tiers, params)
            old = known.time_ms[cohorts.candle] + STEP_MS <= end - age_ms
            usd = cohorts.left[old].sum() * book.grid.centres()[row]
            cell, whole = older.columns[side, column, row], total[side, column].max()
            np.testing.assert_allclose(cell, usd, rtol=2e-6, atol=1e-9 * whole)


@given(markets, models)
@settings(max_examples=30)
def test_age_nothing_is_the_whole_map_and_older_is_less(series, params):
    book, frame, closing, total = _map(series, params)
    each = _each(series, book, frame, closing, *(n * STEP_MS for n in (0, 2, 5, 20, 80)))
    ages = [older.columns for older in each]
    largest = max(float(total.max()), 1e-30)
    np.testing.assert_allclose(ages[0], total, rtol=2e-6, atol=1e-9 * largest)
    for younger, older in itertools.pairwise(ages):
        assert np.all(older <= younger * (1 + 2e-6) + 1e-9 * largest)


def _pair(columns):
    return columns[0], columns[1]


def test_windows_add_up_to_the_map():
    series = walk(700, 4, volatility=0.004)
    book, frame, closing, total = _map(series, ModelParams())
    limits = [total, *(_older(h * 3_600_000, series, book, frame, closing).columns for h in (2, 6, 12, 36))]
    limits.append(np.zeros_like(total))
    shown = np.zeros_like(total)
    most, which = np.zeros(total.shape[1:], np.float32), np.zeros(total.shape[1:], np.uint8)
    alone = []
    for window, (younger, older) in enumerate(itertools.pairwise(limits)):
        take_window(_pair(younger), _pair(older), window, True, _pair(shown), most, which, 0, frame.n_times)
        one = np.zeros_like(total)
        take_window(
            _pair(younger),
            _pair(older),
            window,
            True,
            _pair(one),
            most.copy(),
            which.copy(),
            0,
            frame.n_times,
        )
        alone.append(one)
    np.testing.assert_allclose(shown, total, rtol=3e-7 * 5, atol=1e-7 * total.max())
    np.testing.assert_allclose(np.sum(alone, axis=0), total, rtol=3e-7 * 5, atol=1e-7 * total.max())
    by_window = np.array(alone).sum(axis=1)
    there = by_window.max(axis=0) > 0
    assert np.array_equal(which[there], by_window.argmax(axis=0)[there])
    assert all(one.sum() > 0.01 * total.sum() for one in alone)


def test_the_newest_column_by_tier_is_the_last_column():
    series = walk(500, 8)
    book, frame, closing, _ = _map(series, ModelParams(wick_clear=0.6))
    older = _older(6 * 3_600_000, series, book, frame, closing)
    np.testing.assert_allclose(older.newest.sum(axis=1), older.columns[:, -1], rtol=1e-5, atol=1e-2)


def test_tiers_and_their_shares_count_here_too():
    """A third of one tier in every column is a third of that tier's map."""
    series = walk(300, 8)
    book, frame, closing, _ = _map(series, ModelParams())
    wanted = np.arange(len(book.tiers.leverage)) == 5
    whole = _older(3_600_000, series, book, replace(frame, wanted=wanted), closing)
    share = np.full((frame.n_times, len(wanted)), 1 / 3)
    third = _older(3_600_000, series, book, replace(frame, wanted=wanted, share=share), closing)
    assert whole.columns.max() > 0
    np.testing.assert_allclose(third.columns, whole.columns / 3, rtol=1e-6)
    np.testing.assert_allclose(third.newest, whole.newest / 3, rtol=1e-6)


def test_columns_do_not_know_the_future():
    series = walk(500, 9)
    book, frame, closing, _ = _map(series, ModelParams())
    known = series.head(300)
    flow = ESTIMATORS["flow"].flow(known, book.params)
    early = Frame(frame.rows, frame.start_ms, frame.step_ms, 300, frame.wanted)
    then = next(older_than(
        (7_200_000,), int(known.time_ms[-1]) + STEP_MS, known, book.tiers, book.params, book.grid, early,
        closing_hazards(known, flow, book.tiers, book.params),
    ))  # fmt: skip
    now = _older(7_200_000, series, book, frame, closing)
    assert np.array_equal(then.columns, now.columns[:, :300])


def test_windows_have_names_and_an_order():
    assert AgeWindows().labels() == ("< 4 h", "4–24 h", "1–3 d", "3–7 d", "≥ 7 d")
    assert AgeWindows(1.0, 6.0, 36.0, 48.0).labels() == ("< 1 h", "1–6 h", "6–36 h", "1.5–2 d", "≥ 2 d")
    with pytest.raises(BadInputError, match="ascending"):
        AgeWindows(first=24.0)


def test_a_view_that_begins_late_shows_what_a_longer_one_shows():
    """Ages that share the replay before the view, a view that begins in a hole, columns that share a cut."""
    series = walk(900, 12, holes=True)
    book, frame, closing, _ = _map(series, ModelParams(wick_clear=0.6))
    ages = (3 * STEP_MS, 40 * STEP_MS, 200 * STEP_MS)
    whole = [o.columns for o in _each(series, book, frame, closing, *ages)]
    for begin in (150, 400, 611):
        late = replace(frame, start_ms=frame.start_ms + begin * STEP_MS, n_times=frame.n_times - begin)
        for full, part in zip(whole, _each(series, book, late, closing, *ages), strict=True):
            np.testing.assert_allclose(part.columns, full[:, begin:], rtol=1e-6, atol=1e-7 * full.max())
