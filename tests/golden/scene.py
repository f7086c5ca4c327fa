"""A snapshot made by hand, so that a golden picture changes with the drawing and never with the model."""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.engine import Question, Snapshot
from heatdesk.market import Interval, Kind, Records
from heatdesk.model.heatmap import Heatmap
from heatdesk.reading.clusters import find_clusters

STEP_MS: Final = 300_000
START_MS: Final = 1_769_904_000_000  # 2026-02-01 00:00 UTC
COLUMNS: Final = 300
BIN_BPS: Final = 10.0
_TIERS: Final = np.array([10.0, 25.0, 50.0])


def _candles() -> Records:
    """A slow wave with a fall in it, closed form: the same on every machine."""
    n = np.arange(COLUMNS + 1, dtype=np.float64)
    path = 70_000 * (1 + 0.02 * np.sin(n / 30) + 0.006 * np.sin(n / 7) - 0.05 / (1 + np.exp(-(n - 190) / 6)))
    opened, close = path[:-1], path[1:]
    reach = 1 + 0.0015 * (1 + np.sin(n[1:] * 1.7) ** 2)
    return Records(
        Kind.CANDLES,
        START_MS + np.arange(COLUMNS, dtype=np.int64) * STEP_MS,
        {
            "open": opened,
            "high": np.maximum(opened, close) * reach,
            "low": np.minimum(opened, close) / reach,
            "close": close,
            "volume": 500 + 200 * np.sin(n[1:] / 11),
            "taker_buy_volume": np.full(COLUMNS, np.nan),
        },
    )


def _bands(candles: Records, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels born every 20 columns at three distances on both sides; the first crossing ends each."""
    rows = len(edges) - 1
    sides = np.zeros((2, COLUMNS, rows), np.float32)
    for born in range(0, COLUMNS, 20):
        for order, distance in enumerate((0.018, 0.036, 0.085)):
            for side, sign, extreme in ((0, -1, "low"), (1, 1, "high")):
                level = candles["close"][born] * (1 + sign * distance)
                crossed = sign * (candles[extreme][born:] - level) >= 0
                ends = born + int(np.argmax(crossed)) if crossed.any() else COLUMNS
                row = int(np.searchsorted(edges, level)) - 1
                sides[side, born:ends, row : row + 3] += np.float32((born % 60 + 20) * 4e4 / (order + 1))
    return sides[0].T, sides[1].T


def scene() -> Snapshot:
    """Bands that end where price swept them, a gap, notes and clusters."""
    candles = _candles()
    width = np.log1p(BIN_BPS * 1e-4)
    edges = np.exp(np.arange(round(np.log(58_000) / width), round(np.log(79_000) / width)) * width)
    long, short = _bands(candles, edges)
    newest = np.stack([long[:, -1], short[:, -1]])[:, None, :] * np.array([0.5, 0.3, 0.2])[:, None]
    gap = Interval(START_MS + 100 * STEP_MS, START_MS + 112 * STEP_MS)
    heatmap = Heatmap(
        notional_long=long,
        notional_short=short,
        prices=edges,
        times_ms=START_MS + np.arange(COLUMNS, dtype=np.int64) * STEP_MS,
        step_ms=STEP_MS,
        bin_bps=BIN_BPS,
        tiers=_TIERS,
        newest_by_tier=newest.astype(np.float32),
        gaps=(gap,),
        meta={"uncalibrated": True},
    )
    clusters = find_clusters(heatmap, float(candles["close"][-1]))
    question = Question("BTC/USDT:USDT", ("binance",), "5m", lookback_ms=COLUMNS * STEP_MS)
    return Snapshot(question, candles, heatmap, clusters, (gap,), ("binance: a scene made by hand.",))
