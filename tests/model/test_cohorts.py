"""A cell is exactly the sum of its cohorts, whatever the market, the model, the row and the moment."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.model.book import Book
from heatdesk.model.cohorts import cohorts_of
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from tests.model.walks import frame_of, markets, models, replayed, tiers_of, walk


@given(markets, models, st.integers(1, 120), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_a_cell_is_the_sum_of_its_cohorts(series, params, k, random):
    known = series.head(min(k, len(series)))
    book, *columns = replayed(known, params)
    for mirrored, column in zip((False, True), (c[-1] for c in columns), strict=True):
        occupied = np.flatnonzero(column)
        rows = [random.choice(occupied)] if len(occupied) else []
        for row in (*rows, random.randrange(book.grid.rows)):
            cohorts = cohorts_of(book.grid.first + row, mirrored, known, book.tiers, params)
            usd = cohorts.left.sum() * book.grid.centres()[row]
            np.testing.assert_allclose(usd, column[row], rtol=1e-6, atol=1e-9 * column.max())
            np.testing.assert_allclose(cohorts.closed + cohorts.swept + cohorts.left, cohorts.born, rtol=1e-9)


def test_every_row_together_is_the_book():
    """All rows' cohorts: what was born is the flow's births, what was swept and closed is the ledger's, per tier."""
    series, params = walk(400, 5, volatility=0.006), ModelParams(wick_clear=0.6)
    book, *_ = replayed(series, params)
    flow = ESTIMATORS[params.estimator].flow(series, params)
    for side, mirrored, opens in ((book.long, False, flow.opens_long), (book.short, True, flow.opens_short)):
        totals = np.zeros((4, len(book.tiers.leverage)))
        for row in range(book.grid.rows):
            cohorts = cohorts_of(book.grid.first + row, mirrored, series, book.tiers, params, flow)
            for total, amounts in zip(
                totals, (cohorts.born, cohorts.left, cohorts.swept, cohorts.closed), strict=True
            ):
                np.add.at(total, cohorts.tier, amounts)
        np.testing.assert_allclose(totals[0], book.tiers.weight * opens.sum(), rtol=1e-9)
        for total, amount in zip(totals, side.ledger(book.tiers.weight), strict=True):
            np.testing.assert_allclose(total, amount, rtol=1e-6, atol=1e-9 * totals[0].max())


def test_a_cohort_says_where_it_entered_and_dies_of_what_it_should():
    """Entry times ratio lies in the row; what price has not reached since was not swept, what it passed is gone."""
    series, params = walk(600, 2), ModelParams()
    book = Book.empty(series, tiers_of(params), params)
    column = book.advance(series, frame_of(series, book))[0][-1]
    fates = np.zeros(2, bool)
    for row in (int(np.argmax(column)), int(book.grid.position(np.quantile(series.low, 0.3)))):
        cohorts = cohorts_of(book.grid.first + row, False, series, book.tiers, params)
        low, high = book.grid.edges()[row : row + 2]
        level = cohorts.entry * book.tiers.ratio_long[cohorts.tier]
        assert np.all((level > low * (1 - 1e-12)) & (level < high * (1 + 1e-12)))
        deepest = np.array([series.low[c + 1 :].min(initial=np.inf) for c in cohorts.candle])
        assert np.all(cohorts.swept[deepest >= high] == 0.0)
        assert np.all(cohorts.left[deepest <= low] == 0.0)
        fates |= np.any(deepest >= high), np.any(deepest <= low)
    assert fates.all()
