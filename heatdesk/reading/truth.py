"""How far an estimate is from known positions: true liquidation levels against a map's newest column.

Four errors, because each is blind to something: cosine and earth mover's distance see where the mass lies (one
forgives no shift, the other measures it), the rank correlation sees order but no amounts, the ratio of totals sees
amounts but no place. Beside them stand maps that know nothing but the last price, so that the numbers mean something.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap

REACH: Final = 0.20  # only rows within ±20 % of the last price count
SMOOTHING: Final = 0.005  # rows within ±0.5 % are one place
NEARNESS: Final = 0.05  # mass of the "proximity" baseline falls by e over this distance


@dataclass(frozen=True, slots=True)
class Levels:
    """Known liquidation levels: price, USD that would be liquidated there, side (+1 long, −1 short); shape (n,)."""

    price: Floats
    usd: Floats
    side: Floats


@dataclass(frozen=True, slots=True)
class Errors:
    """How one estimate of one side compares with the truth, within `REACH` of the last price.

    `cosine` of the smoothed columns, 1 is alike. `mover` is the earth mover's distance of the two shares, in percent of
    price that the average USD lies off. `rank` is Spearman's correlation over smoothed rows; NaN where all are equal.
    `ratio` is estimated total ÷ true total; NaN for a baseline, which claims no amount.
    """

    estimate: str
    side: str
    cosine: float
    mover: float
    rank: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """An estimate beside the truth of the same moment.

    `column`: USD that truly stands in each of the map's rows, (2, n_prices), long and short. `estimate` and `uniform`
    are the errors of the map and of one that knows only the last price.
    """

    column: Floats
    estimate: tuple[Errors, ...]
    uniform: tuple[Errors, ...]


def true_column(levels: Levels, prices: Floats) -> Floats:
    """USD that truly stands in each row between the edges `prices`; shape (2, n_prices), long and short."""
    row = np.searchsorted(prices, levels.price, side="right") - 1
    rows = len(prices) - 1
    column = np.zeros((2, rows))
    for index, sign in enumerate((1.0, -1.0)):
        own = (levels.side == sign) & (row >= 0) & (row < rows)
        column[index] = np.bincount(row[own], levels.usd[own], rows)
    return column


def compare(heatmap: Heatmap, levels: Levels, last_price: float) -> tuple[Errors, ...]:
    """The map's newest column against the truth, for each side and for both together.

    A side without true levels within reach is left out.
    """
    rows = _Rows.around(heatmap, last_price)
    newest = np.stack([heatmap.notional_long[:, -1], heatmap.notional_short[:, -1]]).astype(float)
    return rows.errors("map", newest, true_column(levels, heatmap.prices))


def compare_baselines(heatmap: Heatmap, levels: Levels, last_price: float) -> tuple[Errors, ...]:
    """The same for two maps that know nothing but the last price, on the rows of `heatmap`.

    "uniform" is the same everywhere, "proximity" falls with the distance; longs below the price and shorts above.
    """
    rows = _Rows.around(heatmap, last_price)
    truth = true_column(levels, heatmap.prices)
    own_half = np.stack([rows.distance < 0, rows.distance > 0]).astype(float)
    proximity = own_half * np.exp(-np.abs(rows.distance) / NEARNESS)
    found = rows.errors("proximity", proximity, truth) + rows.errors("uniform", own_half, truth)
    return tuple(replace(errors, ratio=math.nan) for errors in found)


def comparison(heatmap: Heatmap, levels: Levels, last_price: float) -> Comparison:
    """Everything a reader sees of the truth beside an estimate."""
    column = true_column(levels, heatmap.prices)
    column.flags.writeable = False
    baselines = compare_baselines(heatmap, levels, last_price)
    uniform = tuple(errors for errors in baselines if errors.estimate == "uniform")
    return Comparison(column, compare(heatmap, levels, last_price), uniform)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A map's rows, their height in ln price and their distance from the last price, also in ln price."""

    width: float
    distance: Floats

    @staticmethod
    def around(heatmap: Heatmap, last_price: float) -> _Rows:
        centres = np.sqrt(heatmap.prices[:-1] * heatmap.prices[1:])
        return _Rows(math.log1p(heatmap.bin_bps * 1e-4), np.log(centres / last_price))

    def errors(self, name: str, estimate: Floats, truth: Floats) -> tuple[Errors, ...]:
        """`estimate` and `truth` have shape (2, n_prices), long and short; each side is judged on its own half."""
        near = np.abs(self.distance) <= math.log1p(REACH)
        found = []
        for side, half, rows in (
            ("long", self.distance < 0, [0]),
            ("short", self.distance > 0, [1]),
            ("both", near, [0, 1]),
        ):
            estimated = estimate[rows].sum(axis=0)[near & half]
            true = truth[rows].sum(axis=0)[near & half]
            if true.sum() > 0:
                found.append(_errors(name, side, estimated, true, self.width))
        return tuple(found)


def _errors(name: str, side: str, estimate: Floats, truth: Floats, width: float) -> Errors:
    """`width` is the height of a row in ln price."""
    reach = round(SMOOTHING / width)
    smooth, smooth_truth = _smoothed(estimate, reach), _smoothed(truth, reach)
    return Errors(
        estimate=name,
        side=side,
        cosine=_cosine(smooth, smooth_truth),
        mover=100.0 * width * earth_movers_rows(estimate, truth),
        rank=spearman(smooth, smooth_truth),
        ratio=float(estimate.sum() / truth.sum()),
    )


def _smoothed(column: Floats, reach: int) -> Floats:
    """Mean of each row and `reach` rows on either side, of those that exist."""
    total = np.concatenate(([0.0], np.cumsum(column)))
    rows = np.arange(len(column))
    first, end = np.maximum(rows - reach, 0), np.minimum(rows + reach + 1, len(column))
    mean: Floats = (total[end] - total[first]) / (end - first)
    return mean


def _cosine(a: Floats, b: Floats) -> float:
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / size if size > 0 else 0.0


def earth_movers_rows(a: Floats, b: Floats) -> float:
    """Rows that the average unit of `a` must move to become `b`, both taken as shares; NaN where one is empty.

    In one dimension that is the area between the cumulative shares (Vallender 1974).
    """
    if a.sum() <= 0 or b.sum() <= 0:
        return math.nan
    return float(np.abs(np.cumsum(a / a.sum()) - np.cumsum(b / b.sum())).sum())


def spearman(a: Floats, b: Floats) -> float:
    """Rank correlation, equal values sharing their mean rank; NaN where one side has no order at all."""
    ranks = _mean_ranks(a), _mean_ranks(b)
    spread = [float(np.std(r)) for r in ranks]
    if min(spread) == 0:
        return math.nan
    return float(
        np.mean((ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean())) / (spread[0] * spread[1])
    )


def _mean_ranks(values: Floats) -> Floats:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means: Floats = ((last - counts) + last - 1)[inverse] / 2.0
    return means
