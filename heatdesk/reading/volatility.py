"""How far price moves in an hour: the measure of what is near."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from heatdesk.market import HOUR_MS, Records

HOURS: Final = 24


def hourly_atr(candles: Records, step_ms: int) -> float:
    """Mean true range of the newest `HOURS` hours as a fraction of the last close, 0 where there is no candle.

    The true range of an hour reaches from its highest to its lowest price, the close before it included (Wilder 1978;
    his is a smoothed mean, this a plain one). From candles of `step_ms` longer than an hour the hour's is taken as
    range ÷ √hours, as in a random walk.
    """
    if not len(candles):
        return 0.0
    span_ms = max(HOUR_MS, step_ms)
    first_ms = candles.time_ms[-1] - max(HOURS * HOUR_MS, span_ms)
    # the first hour only lends its close to the second
    recent = candles.take(candles.time_ms > first_ms - span_ms)
    starts = np.flatnonzero(np.diff(recent.time_ms // span_ms, prepend=-1))
    high, low = np.maximum.reduceat(recent["high"], starts), np.minimum.reduceat(recent["low"], starts)
    before = recent["close"][starts[1:] - 1]
    ranges = np.maximum(high[1:], before) - np.minimum(low[1:], before) if len(starts) > 1 else high - low
    return float(np.nanmean(ranges) / recent["close"][-1] / math.sqrt(span_ms / HOUR_MS))
