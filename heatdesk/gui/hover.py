"""What stands under the cursor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from heatdesk.engine import Snapshot
from heatdesk.gui.contrast import usd_per_tenth_percent
from heatdesk.gui.sides import ages_shown
from heatdesk.market import Floats, timeframe_ms
from heatdesk.model.heatmap import Heatmap

_Name = TypeVar("_Name", str, float)


class Ohlc(NamedTuple):
    """The four prices of a candle in USD."""

    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True, slots=True)
class Hover:
    """One place on the chart.

    `time_ms` is the start of the candle's slot, `candle` the candle in it, None in a gap; `long_usd`, `short_usd`
    are the standing notional in USD per 0.1 % of price, `row` and `column` the cell, all None outside the map.
    """

    time_ms: int
    price: float
    candle: Ohlc | None = None
    long_usd: float | None = None
    short_usd: float | None = None
    row: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What a row of the newest column is made of: exchanges, leverages and, in a map by age, ages, each with its share,
    largest first."""

    exchanges: tuple[tuple[str, float], ...] = ()
    tiers: tuple[tuple[float, float], ...] = ()
    ages: tuple[tuple[str, float], ...] = ()


def newest_parts(heatmap: Heatmap, row: int, side: str) -> Parts:
    """Shares of one side (of both together unless ``long`` or ``short``) in a row; empty where nothing stands."""
    sides = {"long": slice(0, 1), "short": slice(1, 2)}.get(side, slice(0, 2))
    tiers = heatmap.newest_by_tier[sides, :, row].sum(axis=0, dtype=np.float64)
    by_tier = tuple(_shares(heatmap.tiers.tolist(), tiers))
    by_age: tuple[tuple[str, float], ...] = ()
    if (ages := ages_shown(heatmap, side)) is not None:
        drawn = np.isin(np.arange(len(ages.newest)), ages.choice.shown)
        amounts = ages.newest[:, sides, row].sum(axis=1, dtype=np.float64) * drawn
        by_age = tuple(_shares(ages.choice.windows.labels(), amounts))
    if not heatmap.exchanges:
        return Parts(tiers=by_tier, ages=by_age)
    exchanges = heatmap.newest_by_exchange[:, sides, row].sum(axis=1, dtype=np.float64)
    return Parts(tuple(_shares(heatmap.exchanges, exchanges)), by_tier, by_age)


def _shares(names: Sequence[_Name], amounts: Floats) -> Iterator[tuple[_Name, float]]:
    total = float(amounts.sum())
    for index in np.argsort(-amounts, kind="stable"):
        if amounts[index] > 0.0:
            yield names[index], float(amounts[index]) / total


def candle_at(snapshot: Snapshot, time_ms: float) -> Ohlc | None:
    """The candle that covers a moment, None in a gap and outside the history."""
    candles = snapshot.candles
    row = int(np.searchsorted(candles.time_ms, time_ms, side="right")) - 1
    if row < 0 or time_ms >= candles.time_ms[row] + timeframe_ms(snapshot.question.timeframe):
        return None
    return Ohlc(*(float(candles[name][row]) for name in ("open", "high", "low", "close")))


def cell_at(heatmap: Heatmap, time_ms: float, price: float) -> tuple[int, int] | None:
    """(row, column) of the cell at a moment and price, None outside the map."""
    n_prices, n_times = heatmap.shape
    if not n_prices or not n_times:
        return None
    column = int((time_ms - float(heatmap.times_ms[0])) // heatmap.step_ms)
    row = int(np.searchsorted(heatmap.prices, price, side="right")) - 1
    return (row, column) if 0 <= row < n_prices and 0 <= column < n_times else None


def hover_at(snapshot: Snapshot, time_ms: float, price: float) -> Hover:
    """Everything known about one place."""
    step = timeframe_ms(snapshot.question.timeframe)
    slot = int(time_ms // step) * step
    candle, cell = candle_at(snapshot, time_ms), cell_at(snapshot.heatmap, time_ms, price)
    if cell is None:
        return Hover(slot, price, candle)
    heatmap = snapshot.heatmap
    long, short = (
        usd_per_tenth_percent(float(side[cell]), heatmap.bin_bps)
        for side in (heatmap.notional_long, heatmap.notional_short)
    )
    return Hover(slot, price, candle, long, short, *cell)
