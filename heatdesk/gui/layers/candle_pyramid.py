"""Candles merged until each is wide enough to see, so that a year of minutes costs what a day does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heatdesk.market import Floats, Records, Times


@dataclass(frozen=True, slots=True)
class Bars:
    """Candles of one width: starts in ms, prices in USD, all of one length and ascending in time."""

    width_ms: int
    time_ms: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def __len__(self) -> int:
        return len(self.time_ms)

    def between(self, x_min: float, x_max: float) -> Bars:
        """The bars of which any part lies between two times in ms."""
        first = int(np.searchsorted(self.time_ms, x_min - self.width_ms, side="right"))
        return self.rows(slice(first, int(np.searchsorted(self.time_ms, x_max, side="left"))))

    def rows(self, rows: slice) -> Bars:
        """Some of the bars."""
        columns = (self.time_ms, self.open, self.high, self.low, self.close)
        return Bars(self.width_ms, *(column[rows] for column in columns))  # type: ignore[arg-type]

    def merged(self, width_ms: int) -> Bars:
        """Bars of another width, aligned to multiples of it: first open, highest high, lowest low, last close."""
        if not len(self):
            return Bars(width_ms, self.time_ms, self.open, self.high, self.low, self.close)
        slot = self.time_ms // width_ms
        first = np.flatnonzero(np.diff(slot, prepend=slot[0] - 1))
        last = np.append(first[1:], len(slot)) - 1
        high, low = np.maximum.reduceat(self.high, first), np.minimum.reduceat(self.low, first)
        return Bars(width_ms, slot[first] * width_ms, self.open[first], high, low, self.close[last])


class CandlePyramid:
    """Candles at ``2**level`` times their own width, made when first asked for; rows without a price are left out."""

    def __init__(self, candles: Records, width_ms: int) -> None:
        columns = [candles[name] for name in ("open", "high", "low", "close")]
        known = np.isfinite(np.vstack(columns)).all(axis=0)
        self._levels = [Bars(width_ms, candles.time_ms[known], *(column[known] for column in columns))]

    def level(self, number: int) -> Bars:
        """The bars of one level; level 0 holds the candles themselves."""
        while len(self._levels) <= number:
            finest = self._levels[-1]
            self._levels.append(finest.merged(2 * finest.width_ms))
        return self._levels[number]

    def wide_enough(self, width_ms: float) -> Bars:
        """The finest level whose bars are at least `width_ms` wide."""
        number = 0
        while self.level(number).width_ms < width_ms and len(self.level(number)) > 1:
            number += 1
        return self.level(number)
