"""The candles that come after the last closed one: what the open minute and those stored before it add up to."""

from __future__ import annotations

import math

import numpy as np

from heatdesk.events import Candle
from heatdesk.market import MINUTE_MS, Kind, Records
from heatdesk.model.resample import resample


def forming_candles(closed_ms: int, step_ms: int, minutes: Records, now: Candle) -> Records:
    """Candles of `step_ms` from `closed_ms` on, made of stored `minutes` and the open one.

    None where the open minute lies before that: it is already part of a closed candle. An open minute in which nothing
    has been traded yet has no prices, and adds nothing.
    """
    if now.time_ms < closed_ms:
        return Records.empty(Kind.CANDLES)
    parts = minutes.take((minutes.time_ms >= closed_ms) & (minutes.time_ms < now.time_ms))
    if all(math.isfinite(price) and price > 0 for price in now[3:7]):
        parts = joined(parts, _record(now))
    return resample(parts, max(step_ms, MINUTE_MS))


def joined(before: Records, after: Records) -> Records:
    """Rows of one kind, one behind the other."""
    if not len(after):
        return before
    columns = {name: np.concatenate((before[name], after[name])) for name in before.columns}
    return Records(before.kind, np.concatenate((before.time_ms, after.time_ms)), columns)


def _record(candle: Candle) -> Records:
    fields = ("open", "high", "low", "close", "volume", "taker_buy_volume")
    columns = {name: np.array([float(getattr(candle, name))]) for name in fields}
    return Records(Kind.CANDLES, np.array([candle.time_ms], np.int64), columns)
