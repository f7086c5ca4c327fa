"""Candles of a random walk whose volatility is known."""

from __future__ import annotations

import numpy as np

from heatdesk.market import COLUMNS, DAY_MS, Floats, Kind, Records

STEPS = 100  # steps of the walk inside a candle
START_MS = 1_767_225_600_000  # 2026-01-01, a Thursday


def walk(
    days: int, step_ms: int, daily_sigma: float = 0.03, seed: int = 1, shape: Floats | None = None
) -> Records:
    """Candles from `START_MS`; `shape` (24,) multiplies the variance of every hour of the day."""
    n = days * DAY_MS // step_ms
    time_ms = START_MS + step_ms * np.arange(n, dtype=np.int64)
    sigma = np.full(n, daily_sigma * np.sqrt(step_ms / DAY_MS / STEPS))
    if shape is not None:
        sigma *= np.sqrt(shape[time_ms // 3_600_000 % 24])
    steps = np.random.default_rng(seed).normal(size=(n, STEPS)) * sigma[:, None]
    path = np.log(50_000.0) + np.cumsum(steps.ravel()).reshape(n, STEPS)
    opened = np.concatenate(([np.log(50_000.0)], path[:-1, -1]))
    inside = np.column_stack((opened, path))
    columns = {name: np.ones(n) for name in COLUMNS[Kind.CANDLES]}
    columns |= {
        "open": np.exp(opened),
        "close": np.exp(path[:, -1]),
        "high": np.exp(inside.max(axis=1)),
        "low": np.exp(inside.min(axis=1)),
    }
    return Records(Kind.CANDLES, time_ms, columns)
