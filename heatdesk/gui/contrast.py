"""Contrast limits: what a map asks for by itself, and what a view makes of it."""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.engine import Question
from heatdesk.gui.once_a_map import once_a_map
from heatdesk.gui.sides import standing
from heatdesk.gui.view import View
from heatdesk.model.heatmap import Heatmap

# Bright enough that the strongest bands stand out, low enough that one giant cell does not darken the rest.
_PERCENTILE: Final = 99.5
_SAMPLE_CELLS: Final = 200_000
_OUTGROWN: Final = 1.5  # a market's own days differ by less


def usd_per_tenth_percent(usd_per_bin: float, bin_bps: float) -> float:
    """Notional of one bin as USD per 0.1 % of price, the unit of the legend and the contrast limits."""
    return usd_per_bin * 10.0 / bin_bps


@once_a_map
def automatic_limits(heatmap: Heatmap, side: str) -> tuple[float, float]:
    """Low and high contrast limits in USD per 0.1 % of price of one of ``view.SIDES``; net has one pair for both signs.

    Low is 0, high the 99.5th percentile of the cells that are not zero; of a large map every n-th column is read.
    A map without any notional gives (0, 1).
    """
    n_prices, n_times = heatmap.shape
    every = max(1, n_prices * n_times // _SAMPLE_CELLS)
    cells = np.abs(standing(heatmap, side, slice(None, None, every)))
    there = cells[np.isfinite(cells) & (cells > 0)]
    if not there.size:
        return 0.0, 1.0
    high = usd_per_tenth_percent(float(np.percentile(there, _PERCENTILE)), heatmap.bin_bps)
    return (0.0, high) if high > 0.0 else (0.0, 1.0)


class ContrastLimits:
    """The limits of a view: its own where it has them, else the map's.

    A map's own are measured when a side is first looked at, and stay while the question stays: neither panning nor
    the next minute of the same market changes what a colour means. Only where history comes in and the map grows out
    of them, by more than `_OUTGROWN`, are they measured anew.
    """

    def __init__(self) -> None:
        self._question: Question | None = None
        self._heatmap: Heatmap | None = None
        self._measured: dict[str, tuple[float, float]] = {}

    def show(self, question: Question, heatmap: Heatmap) -> None:
        """Answer for this map from now on."""
        if question != self._question or self._heatmap is None or 0 in self._heatmap.shape:
            self._measured.clear()
        before_it, self._question, self._heatmap = self._heatmap, question, heatmap
        if before_it is not None and heatmap.same_columns(before_it):
            return  # only its newest columns are others
        for side, (_, before) in list(self._measured.items()):
            high = automatic_limits(heatmap, side)[1]
            if not before / _OUTGROWN < high < before * _OUTGROWN:
                del self._measured[side]

    def of(self, view: View) -> tuple[float, float]:
        """Low and high in USD per 0.1 % of price; (0, 1) before there is a map."""
        if view.low is not None and view.high is not None:
            return view.low, view.high
        if self._heatmap is None:
            return 0.0, 1.0
        if view.side not in self._measured:
            self._measured[view.side] = automatic_limits(self._heatmap, view.side)
        low, high = self._measured[view.side]
        return (low if view.low is None else view.low), (high if view.high is None else view.high)
