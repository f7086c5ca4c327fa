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
    wick = (1 - params.entry_close) / 2
    edges = book.grid.edges()
    exact = np.zeros((2, book.grid.rows))
    low_after = np.r_[np.minimum.accumulate(series.low[::-1])[::-1][1:], np.inf]
    high_after = np.r_[np.maximum.accumulate(series.high[::-1])[::-1][1:], -np.inf]
    for entry, share in ((series.low, wick), (series.close, params.entry_close), (series.high, wick)):
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
