"""What one cell is made of: the cohorts whose levels fell into its row, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats
from heatdesk.model.book import Book, Frame, side_positions
from heatdesk.model.cohort_kernel import born_in, outlived, touches
from heatdesk.model.flow import ESTIMATORS, Flow
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from heatdesk.model.tiers import Tiers

_NOTHING: Frame = Frame(slice(0, 1), 0, 1, 0, np.ones(1, bool))  # no column is drawn


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Everything born in one row of one side, in order of candles; every array has shape (n,), amounts in base units.

    `candle` and `tier` are indices, `entry` is the mean entry price, `share` the part of the tier's newborn whose
    levels fell into this row. Of `born`, `closed` were closed by their owners, `swept` liquidated, `left` stand.
    """

    candle: NDArray[np.int64]
    tier: NDArray[np.int64]
    entry: Floats
    share: Floats
    born: Floats
    closed: Floats
    swept: Floats
    left: Floats

    def __len__(self) -> int:
        return len(self.candle)


@dataclass(frozen=True, slots=True)
class Closing:
    """The hazard of voluntary closes in every candle: `long`, `short` (n,)."""

    long: Floats
    short: Floats


def closing_hazards(series: Series, flow: Flow, tiers: Tiers, params: ModelParams) -> Closing:
    """Replay a history without drawing it: how fast everyone closed depends on what was swept, and so on every row."""
    closing = Closing(np.empty(len(series)), np.empty(len(series)))
    if len(series):
        book = Book.empty(series, tiers, params)
        book.advance(series, _NOTHING, flow, hazards=(closing.long, closing.short))
    return closing


def cohorts_of(
    row: int,
    mirrored: bool,
    series: Series,
    tiers: Tiers,
    params: ModelParams,
    flow: Flow | None = None,
    closing: Closing | None = None,
) -> Cohorts:
    """The cohorts of row `row` of the global grid after the last candle: of shorts where `mirrored`, else of longs.

    Their `left` add up to what the book holds there; `born` = `closed` + `swept` + `left` for each.
    """
    flow = flow or ESTIMATORS[params.estimator].flow(series, params)
    closing = closing or closing_hazards(series, flow, tiers, params)
    width = float(np.log1p(params.bin_bps * 1e-4))
    candles = side_positions(series, width, mirrored)
    offset = np.log(tiers.ratio_short if mirrored else tiers.ratio_long) / width
    wick = (1.0 - params.entry_close) / 2.0
    at = -row - 1 if mirrored else row  # the row on the mirrored axis
    candle, tier, entry, share, born = born_in(
        at,
        candles.path,
        flow.opens_short if mirrored else flow.opens_long,
        tiers.weight,
        -offset if mirrored else offset,
        np.array([wick, params.entry_close, wick]),
    )
    touch, kept = touches(at, candles.extreme, candles.body, 1.0 - params.wick_clear)
    hazard = closing.short if mirrored else closing.long
    closed, swept, left = outlived(candle, tier, born, tiers.close_rate, np.cumsum(hazard), touch, kept)
    entered = np.exp(-entry * width if mirrored else entry * width)
    return Cohorts(candle, tier, entered, share, born, closed, swept, left)
