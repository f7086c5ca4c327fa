"""Clusters: contiguous dense rows of the newest column, ranked by size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from heatdesk.market import Floats, Records
from heatdesk.model.heatmap import Heatmap, Notional
from heatdesk.reading.band import Band
from heatdesk.reading.reach import NO_TOUCH, Touch
from heatdesk.reading.rules import ClusterRules
from heatdesk.reading.strength import NO_STRENGTH, Strength, strength
from heatdesk.reading.volatility import hourly_atr
from heatdesk.reading.zone_life import UNKNOWN_AGE, Age, zone_life

SURROUNDINGS: Final = 0.02  # a row is compared with what stands within ±2 % of it
SMOOTHING: Final = 0.003  # bands closer than this are one band to a trader's order
DENSE: Final = ClusterRules().dense
_SIDES: Final = ("long", "short")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A zone of dense rows. `usd` is the exact sum of the map's newest column between `low` and `high`.

    `peak` is the centre of the densest row; `distance` is the zone's nearest edge against the last price (signed
    fraction, 0 inside); `share` is of that side's map; `tiers` lists (leverage, share of the zone) and `exchanges`
    (name, share of the zone), largest first. `age` and `state` come from the columns shown (``zone_life``), `strength`
    from its parts (``strength``), `touch` from realised volatility (``touch``), `band` from an ensemble, later.
    """

    low: float
    high: float
    peak: float
    side: str
    usd: float
    distance: float
    share: float
    tiers: tuple[tuple[float, float], ...] = ()
    exchanges: tuple[tuple[str, float], ...] = ()
    age: Age = UNKNOWN_AGE
    state: str = ""
    strength: Strength = NO_STRENGTH
    touch: Touch = NO_TOUCH
    band: Band | None = None


def find_clusters(
    heatmap: Heatmap, last_price: float, candles: Records | None = None, rules: ClusterRules | None = None
) -> tuple[Cluster, ...]:
    """Every zone of both sides that the rules let through, largest first.

    Without `candles` (at the map's timeframe) no zone counts as touched, and nearness is not part of a strength.
    """
    rules = rules or ClusterRules()
    found = [
        _cluster(heatmap, index, rows, last_price, candles)
        for index, side in enumerate(_SIDES)
        for rows in dense_zones(heatmap.notional(side)[:, -1].astype(float), heatmap.bin_bps, rules.dense)
    ]
    largest = max((c.usd for c in found), default=0.0)
    atr = 0.0 if candles is None else hourly_atr(candles, heatmap.step_ms)
    listed = [
        replace(c, strength=strength(c.usd / largest, abs(c.distance), atr, c.share, c.age.ms))
        for c in found
        if c.usd >= rules.minimum_usd and 100 * abs(c.distance) <= rules.within_percent
    ]
    return tuple(sorted(listed, key=lambda c: -c.usd))


def dense_zones(column: Floats, bin_bps: float, dense: float = DENSE) -> Iterator[slice]:
    """Row ranges of at least two rows where the smoothed notional stands out of its surroundings.

    A row is dense where its mean over `SMOOTHING` exceeds `dense` × its mean over ±`SURROUNDINGS`.
    """
    bin_height = math.log1p(bin_bps * 1e-4)
    near = _running_mean(column, max(1, round(SMOOTHING / bin_height / 2)))
    around = _running_mean(column, max(2, round(SURROUNDINGS / bin_height)))
    stands_out = (near > dense * around) & (column > 0)
    steps = np.flatnonzero(np.diff(np.concatenate(([0], stands_out.astype(np.int8), [0]))))
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


def _cluster(
    heatmap: Heatmap, index: int, rows: slice, last_price: float, candles: Records | None
) -> Cluster:
    side = _SIDES[index]
    column = heatmap.notional(side)[:, -1].astype(float)
    usd = float(column[rows].sum())
    low, high = float(heatmap.prices[rows.start]), float(heatmap.prices[rows.stop])
    densest = rows.start + int(np.argmax(column[rows]))
    life = zone_life(heatmap, side, rows, candles)
    return Cluster(
        low=low,
        high=high,
        peak=math.sqrt(heatmap.prices[densest] * heatmap.prices[densest + 1]),
        side=side,
        usd=usd,
        distance=max(low / last_price - 1, 0.0) + min(high / last_price - 1, 0.0),
        share=usd / float(column.sum()),
        tiers=tuple(
            (float(heatmap.tiers[i]), share) for i, share in _shares(heatmap.newest_by_tier[index, :, rows])
        ),
        exchanges=tuple(
            (heatmap.exchanges[i], share) for i, share in _shares(heatmap.newest_by_exchange[:, index, rows])
        ),
        age=life.age,
        state=life.state,
    )


def _shares(parts: Notional) -> Iterator[tuple[int, float]]:
    """The parts (n, n_rows) of a zone as (index, share of the zone), largest first, empty ones left out."""
    sums = parts.sum(axis=1, dtype=float)
    for i in np.argsort(-sums):
        if sums[i] > 0:
            yield int(i), float(sums[i] / sums.sum())
