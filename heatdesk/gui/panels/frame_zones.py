"""The frame: the nearest zone above and below the price that is worth calling one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from heatdesk.market import DAY_MS, HOUR_MS, Records
from heatdesk.reading.clusters import Cluster

# Fresh positions of high leverage stand right at the price; nearer than this they are noise, not a frame.
NEAREST_ATR: Final = 0.5
LEAST_SHARE: Final = 0.01


class Frame(NamedTuple):
    """Shorts above and longs below, None where there is no such zone."""

    above: Cluster | None
    below: Cluster | None


def hourly_range(candles: Records) -> float:
    """Mean high-to-low range of the hours of the newest day, as a fraction of the last close; 0 without candles."""
    if not len(candles):
        return 0.0
    day = candles.take(candles.time_ms > candles.time_ms[-1] - DAY_MS)
    first = np.flatnonzero(np.diff(day.time_ms // HOUR_MS, prepend=-1))
    spans = np.maximum.reduceat(day["high"], first) - np.minimum.reduceat(day["low"], first)
    return float(np.nanmean(spans) / day["close"][-1])


def frame(clusters: Iterable[Cluster], candles: Records) -> Frame:
    """The nearest zones at least half an hourly range away that hold at least 1 % of their side."""
    nearest = NEAREST_ATR * hourly_range(candles)
    worth = [c for c in clusters if c.share >= LEAST_SHARE]
    above = [c for c in worth if c.side == "short" and c.distance >= nearest]
    below = [c for c in worth if c.side == "long" and -c.distance >= nearest]
    return Frame(
        min(above, key=lambda c: c.distance, default=None),
        max(below, key=lambda c: c.distance, default=None),
    )
