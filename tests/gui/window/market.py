"""A small market made of numbers: candles as an import leaves them."""

from __future__ import annotations

import numpy as np

from heatdesk.market import DAY_MS, Kind, Records

BTC = "BTC/USDT:USDT"
ETH = "ETH/USDT:USDT"
START_MS = 1_760_054_400_000  # 2025-10-10 00:00 UTC
STEP_MS = 300_000


def candles(days: int, price: float, seed: int) -> Records:
    """A random walk of five-minute candles."""
    rng = np.random.default_rng(seed)
    n = days * DAY_MS // STEP_MS
    close = price * np.exp(np.cumsum(rng.normal(0, 0.0015, n)))
    opened = np.concatenate(([price], close[:-1]))
    spread = 1 + np.abs(rng.normal(0, 0.0008, n))
    return Records(
        Kind.CANDLES,
        START_MS + np.arange(n, dtype=np.int64) * STEP_MS,
        {
            "open": opened,
            "high": np.maximum(opened, close) * spread,
            "low": np.minimum(opened, close) / spread,
            "close": close,
            "volume": rng.lognormal(6, 0.6, n),
            "taker_buy_volume": np.full(n, np.nan),
        },
    )
