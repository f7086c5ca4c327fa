"""Candles of a longer timeframe from shorter ones."""

from __future__ import annotations

import numpy as np

from heatdesk.market import Kind, Records


def resample(candles: Records, step_ms: int) -> Records:
    """Merge candles into buckets of `step_ms` aligned to UTC; buckets without a candle are left out."""
    if not len(candles):
        return candles
    bucket = candles.time_ms // step_ms
    starts = np.flatnonzero(np.r_[True, bucket[1:] != bucket[:-1]])
    ends = np.r_[starts[1:], len(bucket)] - 1
    return Records(
        Kind.CANDLES,
        bucket[starts] * step_ms,
        {
            "open": candles["open"][starts],
            "high": np.maximum.reduceat(candles["high"], starts),
            "low": np.minimum.reduceat(candles["low"], starts),
            "close": candles["close"][ends],
            "volume": np.add.reduceat(candles["volume"], starts),
            "taker_buy_volume": np.add.reduceat(candles["taker_buy_volume"], starts),
        },
    )
