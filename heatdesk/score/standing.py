"""The map as the magnet and location tests need it: what stood at the end of every hour, in coarse rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats, Times
from heatdesk.model.book import Book, Frame
from heatdesk.model.grid import PriceGrid
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers


@dataclass(frozen=True, slots=True)
class Path:
    """Candles of one length without holes, ascending; each of shape (n,), NaN where nothing is known.

    `time_ms` are the starts.
    """

    time_ms: Times
    step_ms: int
    open: Floats
    high: Floats
    low: Floats
    close: Floats


@dataclass(frozen=True, slots=True)
class Standing:
    """USD standing at the end of each candle of `path`, long and short, shape (n, rows) of `grid`."""

    path: Path
    grid: PriceGrid
    long: NDArray[np.float32]
    short: NDArray[np.float32]


def path_of(series: Series, step_ms: int) -> Path:
    """The candles of a series merged into longer ones; a missing stretch stays missing."""
    bar = series.time_ms // step_ms
    starts = np.flatnonzero(np.r_[True, bar[1:] != bar[:-1]])
    first, n = int(bar[0]), int(bar[-1] - bar[0]) + 1
    ends = np.r_[starts[1:], len(bar)] - 1

    def at(values: Floats) -> Floats:
        column = np.full(n, np.nan)
        column[bar[starts] - first] = values
        return column

    return Path(
        (first + np.arange(n, dtype=np.int64)) * step_ms,
        step_ms,
        at(series.open[starts]),
        at(np.maximum.reduceat(series.high, starts)),
        at(np.minimum.reduceat(series.low, starts)),
        at(series.close[ends]),
    )


def standing(
    series: Series, tiers: Tiers, params: ModelParams, step_ms: int, bin_bps: float, margin: float = 0.1
) -> Standing:
    """Replay a series and keep a column per `step_ms`, in rows of `bin_bps`, `margin` beyond the prices seen."""
    path = path_of(series, step_ms)
    coarse = replace(params, bin_bps=bin_bps)
    low, high = float(series.low.min()), float(series.high.max())
    grid = PriceGrid.covering(low * (1 - margin), high * (1 + margin), bin_bps)
    book = Book.empty(series, tiers, coarse, within=grid)
    rows = slice(grid.first - book.grid.first, grid.first - book.grid.first + grid.rows)
    everything = np.ones(len(tiers.leverage), bool)
    frame = Frame(rows, int(path.time_ms[0]), step_ms, len(path.time_ms), everything)
    long, short = book.advance(series, frame)
    return Standing(path, grid, long, short)
