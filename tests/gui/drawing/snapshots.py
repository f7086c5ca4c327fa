"""Small snapshots to draw."""

from __future__ import annotations

import numpy as np

from heatdesk.engine import Question, Snapshot
from heatdesk.market import DAY_MS, Interval, Kind, Records, timeframe_ms
from heatdesk.model.heatmap import Heatmap, Notional

END_MS = 1_770_508_800_000  # 2026-02-08
BIN = 0.001


def heatmap(long: Notional, short: Notional | None = None, timeframe: str = "5m") -> Heatmap:
    """A map of (n_prices, n_times) cells that ends at END_MS, on the global logarithmic grid."""
    n_prices, n_times = long.shape
    step = timeframe_ms(timeframe)
    first = round(np.log(60_000.0) / np.log1p(BIN))
    edges = np.exp(np.arange(first, first + n_prices + 1) * np.log1p(BIN))
    return Heatmap(
        notional_long=long,
        notional_short=np.zeros_like(long) if short is None else short,
        prices=edges,
        times_ms=END_MS - step * np.arange(n_times, 0, -1),
        step_ms=step,
        bin_bps=10.0,
        tiers=np.array([10.0]),
        newest_by_tier=np.zeros((2, 1, n_prices), np.float32),
    )


def candles(n: int, timeframe: str = "5m", price: float = 63_000.0, seed: int = 1) -> Records:
    """A random walk that ends at END_MS."""
    rng = np.random.default_rng(seed)
    close = price * np.exp(np.cumsum(rng.normal(0.0, 1e-3, n)))
    opened = np.concatenate([[price], close[:-1]])[:n]
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) * 1.0004,
        "low": np.minimum(opened, close) * 0.9996,
        "close": close,
        "volume": np.ones(n),
        "taker_buy_volume": np.full(n, 0.5),
    }
    return Records(Kind.CANDLES, END_MS - timeframe_ms(timeframe) * np.arange(n, 0, -1), columns)


def snapshot(
    n_times: int = 600,
    n_prices: int = 100,
    n_candles: int | None = None,
    symbol: str = "BTC/USDT:USDT",
    timeframe: str = "5m",
    gaps: tuple[Interval, ...] = (),
    seed: int = 1,
) -> Snapshot:
    """A month asked for, some hours given: faint noise with a few strong bands under a random walk."""
    rng = np.random.default_rng(seed)
    long = (rng.random((n_times, n_prices)) * rng.exponential(1e5, n_prices)).astype(np.float32).T
    short = (rng.random((n_times, n_prices)) * rng.exponential(1e5, n_prices)).astype(np.float32).T
    question = Question(symbol, ("binance",), timeframe, lookback_ms=30 * DAY_MS)
    walk = candles(n_times if n_candles is None else n_candles, timeframe, seed=seed)
    return Snapshot(question, walk, heatmap(long, short, timeframe), (), gaps)
