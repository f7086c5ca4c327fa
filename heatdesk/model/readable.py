"""The replay as one would explain it at a blackboard: slow, plain, and what the compiled kernel is held against."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from heatdesk.market import Floats
from heatdesk.model.book import Frame
from heatdesk.model.flow import ESTIMATORS
from heatdesk.model.grid import PriceGrid
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers


class Replayed(NamedTuple):
    """Columns (n_times, n_prices): USD standing per bin at each column's end; base units closed per tier (n_tiers,)."""

    long: Floats
    short: Floats
    closed_long: Floats
    closed_short: Floats


def replay(series: Series, tiers: Tiers, params: ModelParams, grid: PriceGrid, frame: Frame) -> Replayed:
    """Both sides, candle by candle: cross, close, be born."""
    flow = ESTIMATORS[params.estimator].flow(series, params)
    long, short = (np.zeros((len(tiers.leverage), grid.rows)) for _ in range(2))
    closed_long, closed_short = (np.zeros(len(tiers.leverage)) for _ in range(2))
    columns = np.zeros((2, frame.n_times, frame.rows.stop - frame.rows.start))
    value = grid.centres()[frame.rows]
    rows = np.arange(grid.rows)
    column = -1
    for i in range(len(series)):
        column_now = int((series.time_ms[i] - frame.start_ms) // frame.step_ms)
        for skipped in range(max(column + 1, 0), min(column_now, frame.n_times)):
            columns[:, skipped] = _column(long, short, frame, value, max(column, 0))
        column = column_now

        spared = 1 - params.wick_clear
        body_low, body_high = sorted((series.open[i], series.close[i]))
        below_low, below_body = (_share_below(grid, rows, p) for p in (series.low[i], body_low))
        liquidated_long = _keep(long, below_low + spared * (below_body - below_low))
        above_high, above_body = (1 - _share_below(grid, rows, p) for p in (series.high[i], body_high))
        liquidated_short = _keep(short, above_high + spared * (above_body - above_high))

        for levels, closed, closes, liquidated in (
            (long, closed_long, flow.closes_long[i], liquidated_long),
            (short, closed_short, flow.closes_short[i], liquidated_short),
        ):
            hazard = max(closes - liquidated, 0.0) / flow.pool[i]
            before = levels.sum(axis=1)
            levels *= np.exp(-np.minimum(tiers.close_rate * hazard, 60.0))[:, None]
            closed += before - levels.sum(axis=1)

        for entry, share in _entries(series, params, grid, i):
            for levels, ratio, opens in (
                (long, tiers.ratio_long, flow.opens_long[i]),
                (short, tiers.ratio_short, flow.opens_short[i]),
            ):
                row_of_level = np.floor(grid.position(entry * ratio)).astype(int)
                levels[np.arange(len(ratio)), row_of_level] += opens * tiers.weight * share

        if 0 <= column < frame.n_times:
            columns[:, column] = _column(long, short, frame, value, column)
    for skipped in range(max(column + 1, 0), frame.n_times):
        columns[:, skipped] = _column(long, short, frame, value, max(column, 0))
    return Replayed(columns[0], columns[1], closed_long, closed_short)


def _entries(series: Series, params: ModelParams, grid: PriceGrid, i: int) -> Iterator[tuple[float, float]]:
    """Entry prices of a candle and their shares: even over the stretch around its low, its close and its high."""
    low, close, high = (float(np.log(p[i])) for p in (series.low, series.close, series.high))
    edges = (low, (low + close) / 2, (close + high) / 2, high)
    n = max(1, int(np.ceil(max(b - a for a, b in pairwise(edges)) / grid.width / 2)))
    wick = (1 - params.entry_close) / 2
    for (a, b), share in zip(pairwise(edges), (wick, params.entry_close, wick), strict=True):
        for k in range(n):
            yield float(np.exp(a + (b - a) * (k + 0.5) / n)), share / n


def _share_below(grid: PriceGrid, rows: np.ndarray[tuple[int], np.dtype[np.int64]], price: float) -> Floats:
    """The share of every row that lies below a price: 1 under it, 0 above, between 0 and 1 in its own row."""
    return np.clip(grid.position(price) - rows, 0.0, 1.0)


def _keep(levels: Floats, kept: Floats) -> float:
    """Liquidate all but the share of each row that price has not reached; returns the amount liquidated."""
    before = float(levels.sum())
    levels *= kept
    return before - float(levels.sum())


def _column(long: Floats, short: Floats, frame: Frame, value: Floats, column: int) -> Floats:
    """Both sides as that column shows them; what no candle changed is carried on, its tiers' shares with it."""
    shares = frame.shares()
    share = shares[column if len(shares) > 1 else 0][:, None]
    return np.stack([(side * share).sum(axis=0)[frame.rows] * value for side in (long, short)])
