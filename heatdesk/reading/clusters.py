"""Clusters: contiguous dense rows of the newest column, ranked by size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap

SURROUNDINGS: Final = 0.02  # a row is compared with what stands within ±2 % of it
SMOOTHING: Final = 0.003  # bands closer than this are one band to a trader's order
DENSE: Final = 1.2  # times the mean of the surroundings


@dataclass(frozen=True, slots=True)
class Cluster:
    """A zone of dense rows. `usd` is the exact sum of the map's newest column between `low` and `high`.

    `peak` is the centre of the densest row; `distance` is the zone's nearest edge against the last price (signed
    fraction, 0 inside); `share` is of that side's map; `tiers` lists (leverage, share of the zone), largest first.
    """

    low: float
    high: float
    peak: float
    side: str
    usd: float
    distance: float
    share: float
    tiers: tuple[tuple[float, float], ...] = ()


def find_clusters(heatmap: Heatmap, last_price: float) -> tuple[Cluster, ...]:
    """Every zone of both sides, largest first."""
    found = [
        _cluster(heatmap, side, index, rows, last_price)
        for index, side in enumerate(("long", "short"))
        for rows in dense_zones(heatmap.notional(side)[:, -1].astype(float), heatmap.bin_bps)
    ]
    return tuple(sorted(found, key=lambda c: -c.usd))


def dense_zones(column: Floats, bin_bps: float) -> Iterator[slice]:
    """Row ranges of at least two rows where the smoothed notional stands out of its surroundings.

    A row is dense where its mean over `SMOOTHING` exceeds `DENSE` × its mean over ±`SURROUNDINGS`.
    """
    bin_height = math.log1p(bin_bps * 1e-4)
    near = _running_mean(column, max(1, round(SMOOTHING / bin_height / 2)))
    around = _running_mean(column, max(2, round(SURROUNDINGS / bin_height)))
    dense = (near > DENSE * around) & (column > 0)
    steps = np.flatnonzero(np.diff(np.concatenate(([0], dense.astype(np.int8), [0]))))
    for start, stop in zip(steps[::2], steps[1::2], strict=True):
        if stop - start >= 2:
            yield slice(int(start), int(stop))


def _running_mean(column: Floats, reach: int) -> Floats:
    """Mean of each row and `reach` rows on either side, of those that exist."""
    total = np.concatenate(([0.0], np.cumsum(column)))
    rows = np.arange(len(column))
    first, end = np.maximum(rows - reach, 0), np.minimum(rows + reach + 1, len(column))
    mean: Floats = (total[end] - total[first]) / (end - first)
    return mean


def _cluster(heatmap: Heatmap, side: str, index: int, rows: slice, last_price: float) -> Cluster:
    column = heatmap.notional(side)[:, -1].astype(float)
    usd = float(column[rows].sum())
    low, high = float(heatmap.prices[rows.start]), float(heatmap.prices[rows.stop])
    densest = rows.start + int(np.argmax(column[rows]))
    tiers = heatmap.newest_by_tier[index, :, rows].sum(axis=1, dtype=float)
    order = [i for i in np.argsort(-tiers) if tiers[i] > 0]
    return Cluster(
        low=low,
        high=high,
        peak=math.sqrt(heatmap.prices[densest] * heatmap.prices[densest + 1]),
        side=side,
        usd=usd,
        distance=max(low / last_price - 1, 0.0) + min(high / last_price - 1, 0.0),
        share=usd / float(column.sum()),
        tiers=tuple((float(heatmap.tiers[i]), float(tiers[i] / tiers.sum())) for i in order),
    )
