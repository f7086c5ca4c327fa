"""The binned replay against exact levels: every birth followed to its own first crossing."""

from __future__ import annotations

import numpy as np

from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.params import ModelParams
from tests.model.walks import replayed, walk


def test_the_map_is_close_to_exact_levels():
    """No closes, so that every birth stands until price first crosses its exact level; the L1 error is below 1 %."""
    series = walk(1500, 11)
    params = ModelParams(estimator="volume")
    book, long, short = replayed(series, params)
    opens = ESTIMATORS["volume"].flow(series, params).opens_long
    edges = book.grid.edges()
    exact = np.zeros((2, book.grid.rows))
    low_after = np.r_[np.minimum.accumulate(series.low[::-1])[::-1][1:], np.inf]
    high_after = np.r_[np.maximum.accumulate(series.high[::-1])[::-1][1:], -np.inf]
    for entry, share in entries(series, params, book.grid.width):
        for tier, weight in enumerate(book.tiers.weight):
            for side, level, alive in (
                (0, entry * book.tiers.ratio_long[tier], low_after),
                (1, entry * book.tiers.ratio_short[tier], high_after),
            ):
                stands = alive > level if side == 0 else alive < level
                rows = np.searchsorted(edges, level, side="right") - 1
                np.add.at(exact[side], rows[stands], (opens * share * weight)[stands])
    exact *= book.grid.centres()
    for side, columns in enumerate((long, short)):
        error = np.abs(columns[-1] - exact[side]).sum() / exact[side].sum()
        assert error < 0.01
        assert abs(columns[-1].sum() / exact[side].sum() - 1) < 0.005


def entries(series, params, width):
    """Entry prices of all candles and their shares (n,), the k-th of each stretch; none where a candle has fewer."""
    low, close, high = (np.log(p) for p in (series.low, series.close, series.high))
    edges = np.array([low, (low + close) / 2, (close + high) / 2, high])
    count = np.maximum(1, np.ceil(np.diff(edges, axis=0).max(axis=0) / width / 2))
    wick = (1 - params.entry_close) / 2
    for stretch, share in enumerate((wick, params.entry_close, wick)):
        for k in range(int(count.max())):
            at = edges[stretch] + (edges[stretch + 1] - edges[stretch]) * (k + 0.5) / count
            yield np.exp(at), np.where(k < count, share / count, 0.0)
