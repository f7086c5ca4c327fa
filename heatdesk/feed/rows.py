"""Events → rows of the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from heatdesk.events import Candle, Liquidation
from heatdesk.market import COLUMNS, Interval, Kind, Records


def candle_rows(candles: Sequence[Candle]) -> Records:
    """Candles of one timeframe, ascending in time."""
    table = np.array([candle[3:9] for candle in candles], np.float64).reshape(len(candles), 6)
    return _records(Kind.CANDLES, [candle.time_ms for candle in candles], table)


def liquidation_rows(liquidations: Sequence[Liquidation]) -> Records:
    """Single liquidations, in any order; what they are worth follows from price and quantity."""
    inorder = sorted(liquidations, key=lambda event: event.time_ms)
    table = np.array(
        [(event.side, event.price, event.quantity, event.price * event.quantity) for event in inorder],
        np.float64,
    ).reshape(len(inorder), 4)
    return _records(Kind.EVENTS, [event.time_ms for event in inorder], table)


def sample_row(kind: Kind, time_ms: int, value: float) -> Records:
    """One sample of a kind with a single column."""
    return _records(kind, [time_ms], np.array([[value]], np.float64))


def candles_of(rows: Records, symbol: str, timeframe: str) -> list[Candle]:
    """Rows of closed candles as events."""
    columns = (rows[name].tolist() for name in COLUMNS[Kind.CANDLES])
    return [
        Candle(symbol, timeframe, time_ms, o, h, low, c, volume, bought, closed=True)
        for time_ms, o, h, low, c, volume, bought in zip(rows.time_ms.tolist(), *columns, strict=True)
    ]


def joined(parts: Sequence[Records]) -> list[Records]:
    """Parts of one series put together, or one after the other where a time occurs twice: the later row wins.

    Equal liquidations of two parts are the same, told again: each is there as often as in the part that has most.
    """
    if len(parts) == 1:
        return [parts[0]]
    kind = parts[0].kind
    if kind is Kind.EVENTS:
        return [_most_told(parts)]
    times = np.concatenate([part.time_ms for part in parts])
    columns = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS[kind]}
    order = np.argsort(times, kind="stable")
    whole = Records(kind, times, columns).take(order)
    return [whole] if (np.diff(whole.time_ms) > 0).all() else list(parts)


def _most_told(parts: Sequence[Records]) -> Records:
    names = COLUMNS[Kind.EVENTS]
    told: Counter[tuple[float, ...]] = Counter()
    for part in parts:
        told |= Counter(zip(part.time_ms.tolist(), *(part[name].tolist() for name in names), strict=True))
    rows = sorted(told.elements(), key=lambda row: row[0])
    table = np.array([row[1:] for row in rows], np.float64).reshape(len(rows), len(names))
    return _records(Kind.EVENTS, [int(row[0]) for row in rows], table)


def holes_in(rows: Records, step_ms: int, start_ms: int, end_ms: int) -> list[Interval]:
    """Stretches of ``[start_ms, end_ms)``, both on the step's grid, for which there is no row."""
    grid = np.arange(start_ms, end_ms, step_ms, dtype=np.int64)
    missing = grid[~np.isin(grid, rows.time_ms)]
    if not len(missing):
        return []
    breaks = np.flatnonzero(np.diff(missing) > step_ms) + 1
    return [Interval(int(run[0]), int(run[-1]) + step_ms) for run in np.split(missing, breaks)]


def _records(
    kind: Kind, times: list[int], table: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> Records:
    columns = {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(COLUMNS[kind])}
    return Records(kind, np.array(times, np.int64), columns)
