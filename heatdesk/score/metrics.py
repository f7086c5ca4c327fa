"""What is measured of predictions, each with its interval: rank correlation, calibration by decile, coverage.

A cell is one side of one bar; arrays are (n_cells,). Deviance skill is `Blocks.skill` of the two deviances.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats
from heatdesk.score.intervals import UNKNOWN, Blocks, Estimate, summarised

GROUPS: Final = 10


def ranks(values: Floats) -> Floats:
    """Ranks from 1, equal values sharing their mean rank."""
    _, of, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2.0)[of], float)


def spearman(observed: Floats, predicted: Floats, blocks: Blocks) -> Estimate:
    """Rank correlation; in the draws the ranks of the whole sample are kept, so a draw is a weighted correlation."""
    return stratified_spearman(observed, predicted, np.zeros(len(observed), np.intp), blocks)


def stratified_spearman(
    observed: Floats, predicted: Floats, stratum: NDArray[np.intp], blocks: Blocks
) -> Estimate:
    """Rank correlation within strata, averaged by their numbers of cells.

    With strata of equal excursion it asks what a prediction knows beyond how far price went. Strata in which nothing
    varies do not count.
    """
    if not len(observed):
        return UNKNOWN
    n_strata = int(stratum.max()) + 1
    moments = np.zeros((len(observed), n_strata, 6))
    for s in range(n_strata):
        inside = np.flatnonzero(stratum == s)
        x, y = (_centred(ranks(v[inside])) for v in (observed, predicted))
        moments[inside, s] = np.column_stack((np.ones(len(inside)), x, y, x * x, y * y, x * y))
    n, x, y, xx, yy, xy = np.moveaxis(blocks.drawn(moments), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.maximum(xx - x * x / n, 0) * np.maximum(yy - y * y / n, 0))
        correlation = np.where(spread > 1e-9, (xy - x * y / n) / spread, np.nan)
        weight = np.where(np.isnan(correlation), 0.0, n)
        return summarised(np.nansum(weight * correlation, axis=1) / weight.sum(axis=1))


def equal_groups(values: Floats, groups: int = GROUPS) -> NDArray[np.intp]:
    """The group of every cell: equally many by ascending value, equal values together where they must be."""
    if not len(values):
        return np.empty(0, np.intp)
    within = np.floor((ranks(values) - 0.5) / len(values) * groups).astype(np.intp)
    return np.unique(np.minimum(within, groups - 1), return_inverse=True)[1]


def calibration(observed: Floats, predicted: Floats, blocks: Blocks) -> tuple[Estimate, ...]:
    """Observed ÷ predicted in ten equal groups by predicted amount, smallest first; 1 is right."""
    order = np.lexsort((np.arange(len(predicted)), predicted))
    decile = np.empty(len(predicted), np.intp)
    decile[order] = np.arange(len(predicted)) * GROUPS // max(len(predicted), 1)
    return tuple(
        blocks.ratio(np.where(decile == g, observed, 0.0), np.where(decile == g, predicted, 0.0))
        for g in range(GROUPS)
    )


def coverage(observed: Floats, low: Floats, high: Floats, blocks: Blocks) -> Estimate:
    """Share of cells whose observed amount lies within its band."""
    inside = (observed >= low) & (observed <= high)
    return blocks.ratio(inside.astype(float), np.ones(len(observed)))


def captured(observed: Floats, predicted: Floats, blocks: Blocks, share: float = 0.1) -> Estimate:
    """Share of all observed USD that falls into the cells with the largest predictions."""
    chosen = predicted >= np.quantile(predicted, 1 - share) if len(predicted) else np.empty(0, bool)
    return blocks.ratio(np.where(chosen, observed, 0.0), observed)


def _centred(values: Floats) -> Floats:
    """Smaller numbers lose fewer digits in sums of squares."""
    return values - values.mean() if len(values) else values
