"""Real liquidations in the stretch that a map shows: as reported, and corrected for what a feed holds back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.events import Market
from heatdesk.market import Floats, Times

MOST: Final = 5_000  # kept one by one, the largest; all are in the sums


@dataclass(frozen=True, slots=True)
class PrintedLiquidations:
    """The largest liquidations of a stretch, ascending in time; arrays (n,), read-only.

    `market_of` is each one's index in `markets`, `side` the position's, +1 a long. `usd` is what was reported,
    `corrected_usd` that ÷ the share that the feed let through then. `reported_usd` and `estimated_usd` (n_markets, 2)
    are the same summed over all `counted` (n_markets,), longs and shorts, also those too small to be kept.
    """

    markets: tuple[Market, ...] = ()
    time_ms: Times = field(default_factory=lambda: np.zeros(0, np.int64))
    market_of: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    side: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    price: Floats = field(default_factory=lambda: np.zeros(0))
    usd: Floats = field(default_factory=lambda: np.zeros(0))
    corrected_usd: Floats = field(default_factory=lambda: np.zeros(0))
    reported_usd: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    estimated_usd: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    counted: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.time_ms)
