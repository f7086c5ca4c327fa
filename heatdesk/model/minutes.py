"""Candles taken apart by the minute candles that are stored beside them, and by a guess where none are."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import MINUTE_MS, Floats, Records
from heatdesk.model.series import Series
from heatdesk.model.subdivide import subdivide

PIECES: Final = 2  # of a minute
STAMPS: Final = (0, MINUTE_MS)  # minutes are stamped at their start; some recorders stamp them at their end
PRICES: Final = ("open", "high", "low", "close")
TOLERANCE: Final = 0.3  # of a candle's range, over its four prices: minutes further off are not its own
TICK: Final = 3e-4


def refine(series: Series, minutes: Records) -> Series:
    """Each candle as minutes of two pieces: the stored minutes where all of a candle's are there and span its range.

    `minutes` are candles of one minute, in any state: holes, another stamp, even another instrument do no harm, because
    each candle takes only minutes that agree with it. Volume and open interest stay the candle's own, spread evenly.
    """
    per_candle = series.step_ms // MINUTE_MS
    fine = subdivide(series, per_candle * PIECES)
    if per_candle < 2 or not len(series) or not len(minutes):
        return fine
    columns = {name: getattr(fine, name).copy() for name in PRICES}
    best = np.full(len(series), np.inf)
    for late in STAMPS:
        rows, candle, off = _whole(series, minutes, late, per_candle)
        better = off < np.minimum(best[candle], _tolerated(series, candle))
        rows, candle = rows[better], candle[better]
        if not len(candle):
            continue
        best[candle] = off[better]
        pieces = subdivide(_series(series, minutes, rows.ravel(), candle, per_candle), PIECES)
        each = per_candle * PIECES
        at = (candle[:, None] * each + np.arange(each)).ravel()
        for name, values in columns.items():
            values[at] = getattr(pieces, name)
    return replace(fine, **columns)


def _tolerated(series: Series, candle: NDArray[np.intp]) -> Floats:
    return TOLERANCE * np.log(series.high[candle] / series.low[candle]) + TICK


def _whole(
    series: Series, minutes: Records, late: int, per_candle: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Candles (n,) that have all their minutes, the rows of these (n, per_candle), and how far off they are (n,)."""
    start = minutes.time_ms - late
    candle = np.searchsorted(series.time_ms, start, side="right") - 1
    inside = np.flatnonzero(
        (candle >= 0)
        & (start - series.time_ms[np.maximum(candle, 0)] < series.step_ms)
        & (start % MINUTE_MS == 0)
    )
    owner = candle[inside]
    whole = np.flatnonzero(np.bincount(owner, minlength=len(series)) == per_candle)
    rows = inside[np.isin(owner, whole)].reshape(len(whole), per_candle)
    joint = (
        minutes["open"][rows[:, 0]] if len(whole) else np.empty(0),
        minutes["high"][rows].max(axis=1, initial=0.0),
        minutes["low"][rows].min(axis=1, initial=np.inf),
        minutes["close"][rows[:, -1]] if len(whole) else np.empty(0),
    )
    off = np.zeros(len(whole))
    for name, price in zip(PRICES, joint, strict=True):
        off += np.abs(np.log(price / getattr(series, name)[whole]))
    return rows, whole, np.nan_to_num(off, nan=np.inf)


def _series(
    series: Series, minutes: Records, rows: NDArray[np.intp], candle: NDArray[np.intp], per_candle: int
) -> Series:
    """The minutes of some candles, held within each candle's own range."""
    low, high = np.repeat(series.low[candle], per_candle), np.repeat(series.high[candle], per_candle)

    def held(name: str) -> Floats:
        return np.clip(minutes[name][rows], low, high)

    unknown = np.full(len(rows), np.nan)
    time_ms = np.repeat(series.time_ms[candle], per_candle) + MINUTE_MS * np.tile(
        np.arange(per_candle), len(candle)
    )
    prices = (held("open"), held("high"), held("low"), held("close"))
    return Series(time_ms, MINUTE_MS, *prices, unknown, unknown, unknown, unknown)
