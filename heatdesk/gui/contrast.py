"""Contrast limits a map asks for by itself."""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.model.heatmap import Heatmap

# Bright enough that the strongest bands stand out, low enough that one giant cell does not darken the rest.
_PERCENTILE: Final = 99.5
_SAMPLE_CELLS: Final = 500_000


def usd_per_tenth_percent(usd_per_bin: float, bin_bps: float) -> float:
    """Notional of one bin as USD per 0.1 % of price, the unit of the legend and the contrast limits."""
    return usd_per_bin * 10.0 / bin_bps


def automatic_limits(heatmap: Heatmap, side: str) -> tuple[float, float]:
    """Low and high contrast limits in USD per 0.1 % of price for one side (long, short or both).

    Low is 0, high the 99.5th percentile of the cells that are not zero; of a large map every n-th column is read.
    A map without any notional gives (0, 1).
    """
    n_prices, n_times = heatmap.shape
    every = max(1, n_prices * n_times // _SAMPLE_CELLS)
    long, short = heatmap.notional_long[:, ::every], heatmap.notional_short[:, ::every]
    cells = long if side == "long" else short if side == "short" else long + short
    standing = cells[np.isfinite(cells) & (cells > 0)]
    if not standing.size:
        return 0.0, 1.0
    high = usd_per_tenth_percent(float(np.percentile(standing, _PERCENTILE)), heatmap.bin_bps)
    return (0.0, high) if high > 0.0 else (0.0, 1.0)
