"""Rows to store, made from a seed."""

from __future__ import annotations

import numpy as np

from heatdesk.market import COLUMNS, TIMEFRAMES, Kind, Records, SeriesKey

SYMBOL = "BTC/USDT:USDT"
CANDLES = SeriesKey("binance", SYMBOL, Kind.CANDLES, "1h")
EVENTS = SeriesKey("binance", SYMBOL, Kind.EVENTS)
JANUARY = 1_735_689_600_000  # 2025-01-01


def candles(count: int, start_ms: int = JANUARY, timeframe: str = "1h", seed: int = 1) -> Records:
    """A walk of `count` candles on a tick of 0.1, the taker's share unknown."""
    random = np.random.default_rng(seed)
    close = np.round(50_000 + np.cumsum(random.normal(0, 30, count)), 1)
    opened = np.concatenate([close[:1], close[:-1]])
    times = start_ms + TIMEFRAMES[timeframe] * np.arange(count, dtype=np.int64)
    columns = {
        "open": opened,
        "high": np.round(np.maximum(opened, close) + 5, 1),
        "low": np.round(np.minimum(opened, close) - 5, 1),
        "close": close,
        "volume": np.round(random.exponential(30, count), 3),
        "taker_buy_volume": np.full(count, np.nan),
    }
    return Records(Kind.CANDLES, times, columns)


def events(times: list[int], notional: list[float] | None = None) -> Records:
    """Liquidated longs of 0.1 coins at these times."""
    count = len(times)
    usd = np.array(notional if notional is not None else [5_000.0] * count)
    columns = {
        "side": np.ones(count),
        "price": np.full(count, 50_000.0),
        "quantity": np.full(count, 0.1),
        "notional_usd": usd,
    }
    return Records(Kind.EVENTS, np.array(times, np.int64), columns)


def same(a: Records, b: Records) -> bool:
    """Equal kind, times and cells, NaN being equal to NaN."""
    return (
        a.kind is b.kind
        and np.array_equal(a.time_ms, b.time_ms)
        and all(np.array_equal(a[name], b[name], equal_nan=True) for name in COLUMNS[a.kind])
    )


def rows_as_set(records: Records) -> set[tuple[float, ...]]:
    """Every row as a tuple, for asking whether rows were ever written; unknown cells as None."""
    columns = [records[name].tolist() for name in COLUMNS[records.kind]]
    return {
        (time, *(None if cell != cell else cell for cell in cells))
        for time, *cells in zip(records.time_ms.tolist(), *columns, strict=True)
    }
