"""Candles of a small made-up market for the tests of the scoreboard."""

from __future__ import annotations

import numpy as np

from heatdesk.model.series import Series

STEP_MS = 300_000
START_MS = 1_764_547_200_000


def walk(n: int, seed: int = 1, volatility: float = 0.002) -> Series:
    """A random walk of 5-minute candles with volume and open interest; shape of everything (n,)."""
    random = np.random.default_rng(seed)
    close = 50_000 * np.exp(np.cumsum(random.standard_t(4, n) * volatility / np.sqrt(2)))
    opened = np.r_[50_000.0, close[:-1]]
    reach = np.abs(random.normal(0, volatility / 2, (2, n)))
    interest = 80_000 + np.cumsum(random.normal(0, 60, n))
    return Series(
        time_ms=START_MS + np.arange(n, dtype=np.int64) * STEP_MS,
        step_ms=STEP_MS,
        open=opened,
        high=np.maximum(opened, close) * (1 + reach[0]),
        low=np.minimum(opened, close) * (1 - reach[1]),
        close=close,
        volume=random.gamma(2, 300, n),
        taker_buy_volume=np.full(n, np.nan),
        open_interest=interest,
        open_interest_step=np.r_[0.0, np.diff(interest)],
    )
