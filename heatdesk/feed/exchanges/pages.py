"""Rows that REST answers with, as records: in order, without doubles, closed, and without what cannot be true."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import numpy as np

from heatdesk.feed.exchanges.base import RestError
from heatdesk.feed.exchanges.frames import MISREAD
from heatdesk.feed.exchanges.numbers import LARGEST
from heatdesk.market import COLUMNS, Floats, Kind, Records, timeframe_ms

_MOST_PAGES: Final = 10
_LEFT_OUT: Final = (
    3  # rows of a full page that may not have been fit to keep, such as the candle that is open
)
# Where a row has what is wanted of it: numbers in a list, names in a mapping.
Places = Sequence[Any]


def candles(
    rows: Any, places: Places, timeframe: str, start_ms: int, end_ms: int, unit: float = 1.0
) -> Records:
    """Candles that begin at `start_ms` or later and have ended by `end_ms`.

    `places` are where a row has its time, open, high, low, close, volume and, if told, taker-buy volume; times in
    milliseconds, volumes in `unit` coins. Rows that contradict themselves are left out: a hole can be filled, a lie
    cannot. Raises RestError where rows are not rows.
    """
    table = _table(rows, places)
    step = timeframe_ms(timeframe)
    with np.errstate(invalid="ignore"):
        time, opened, high, low, close = table[:, :5].T
        volume = table[:, 5] * unit
        taker = table[:, 6] * unit if table.shape[1] > 6 else np.full(len(table), np.nan)
        taker = np.where((taker >= 0) & (taker <= volume * (1 + 1e-9)), taker, np.nan)
        good = (time >= start_ms) & (time + step <= end_ms) & (time % step == 0)
        good &= (low > 0) & (high < LARGEST) & (low <= np.minimum(opened, close))
        good &= (high >= np.maximum(opened, close)) & (volume >= 0) & (volume < LARGEST)
    return _records(Kind.CANDLES, time, (opened, high, low, close, volume, taker), good)


def samples(kind: Kind, rows: Any, time: int | str, value: int | str, start_ms: int, end_ms: int) -> Records:
    """Samples of one number with ``start_ms <= time_ms < end_ms``; only a funding rate may be zero or negative."""
    table = _table(rows, (time, value))
    with np.errstate(invalid="ignore"):
        times, values = table.T
        good = (times >= start_ms) & (times < end_ms) & (np.abs(values) < LARGEST)
        if kind is not Kind.FUNDING:
            good &= values > 0
    return _records(kind, times, (values,), good)


def rows_of(answer: Any) -> list[Any]:
    """The answer, if it is a list; raises RestError."""
    if not isinstance(answer, list):
        raise RestError("an answer is no list of rows")
    return answer


def _table(rows: Any, places: Places) -> Floats:
    """The wanted places of every row as numbers, (rows, places); text that is none is NaN's row and left out."""
    listed = rows_of(rows)
    try:
        picked = [list(map(row.__getitem__, places)) for row in listed]
        return np.array(picked, dtype=np.float64).reshape(len(listed), len(places))
    except MISREAD:
        rows_read = [_row(row, places) for row in listed]
        return np.array(rows_read, dtype=np.float64).reshape(len(listed), len(places))


def _row(row: Any, places: Places) -> list[float]:
    """One row of a page with a bad one in it; raises RestError where it is no row at all."""
    if not isinstance(row, list | dict):
        raise RestError("an answer has something else among its rows")
    try:
        return [float(row[place]) for place in places]
    except MISREAD:
        return [float("nan")] * len(places)


def _records(kind: Kind, time: Floats, columns: Sequence[Floats], good: np.ndarray[Any, Any]) -> Records:
    """The good rows, ascending, the last told of each time."""
    rows = np.flatnonzero(good)
    order = rows[np.argsort(time[rows], kind="stable")]
    times = time[order].astype(np.int64)
    last = np.append(times[1:] != times[:-1], True) if len(times) else np.empty(0, np.bool_)
    order = order[last]
    return Records(
        kind, times[last], {name: c[order] for name, c in zip(COLUMNS[kind], columns, strict=True)}
    )


async def newest_first(
    ask: Callable[[int, int], Awaitable[Records]], kind: Kind, start_ms: int, end_ms: int, limit: int
) -> Records:
    """All rows of a stretch from an exchange that answers with its newest `limit` rows, at most ten pages of them.

    `ask` fetches one page; raises what it raises.
    """
    pages: list[Records] = []
    for _ in range(_MOST_PAGES):
        page = await ask(start_ms, end_ms)
        pages.append(page)
        if len(page) < limit - _LEFT_OUT or int(page.time_ms[0]) <= start_ms:
            break
        end_ms = int(page.time_ms[0])
    pages.reverse()
    return Records(
        kind,
        np.concatenate([page.time_ms for page in pages]),
        {name: np.concatenate([page[name] for page in pages]) for name in COLUMNS[kind]},
    )
