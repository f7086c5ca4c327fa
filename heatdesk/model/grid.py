"""Price ↔ row: one global logarithmic grid, so that two maps share rows exactly whatever they show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from heatdesk.errors import BadInputError
from heatdesk.market import Floats

MAX_ROWS: Final = 400_000


@dataclass(frozen=True, slots=True)
class PriceGrid:
    """Rows `first` … `first + rows − 1` of the grid whose edge k lies at ``exp(k·ln(1 + bin_bps/10⁴))``."""

    bin_bps: float
    first: int
    rows: int

    @property
    def width(self) -> float:
        """Height of a row in ln price."""
        return math.log1p(self.bin_bps * 1e-4)

    @classmethod
    def covering(cls, low: float, high: float, bin_bps: float) -> PriceGrid:
        """The smallest grid that holds every price in ``[low, high]``; raises BadInputError where that is absurd."""
        if not 0 < low <= high < math.inf:
            raise BadInputError(
                f"The price range {low:g} to {high:g} is not one; give a lower price above zero first."
            )
        width = math.log1p(bin_bps * 1e-4)
        first = math.floor(math.log(low) / width)
        rows = math.floor(math.log(high) / width) - first + 1
        if rows > MAX_ROWS:
            raise BadInputError(
                f"Prices from {low:g} to {high:g} in bins of {bin_bps:g} bp need {rows:,} rows; "
                f"choose bins of at least {bin_bps * rows / MAX_ROWS:.2g} bp or a narrower range."
            )
        return cls(bin_bps, first, rows)

    def position(self, price: Floats | float) -> Floats:
        """Where prices lie in units of rows from the grid's lower edge (float64, not clipped)."""
        return np.log(price) / self.width - self.first

    def edges(self) -> Floats:
        """Bin edges in price, shape (rows + 1,)."""
        return np.exp(np.arange(self.first, self.first + self.rows + 1, dtype=float) * self.width)

    def centres(self) -> Floats:
        """Geometric centre of every bin in price, shape (rows,)."""
        return np.exp((np.arange(self.first, self.first + self.rows, dtype=float) + 0.5) * self.width)

    def rows_within(self, low: float | None, high: float | None) -> slice:
        """The rows that hold prices of ``[low, high]``, clipped to this grid; None means its end."""
        start = 0 if low is None else math.floor(math.log(low) / self.width) - self.first
        stop = self.rows if high is None else math.floor(math.log(high) / self.width) - self.first + 1
        start, stop = max(start, 0), min(stop, self.rows)
        return slice(start, max(start, stop))

    def joined(self, other: PriceGrid) -> PriceGrid:
        """The smallest grid that holds the rows of both, which share one bin height."""
        first = min(self.first, other.first)
        end = max(self.first + self.rows, other.first + other.rows)
        return PriceGrid(self.bin_bps, first, end - first)

    def part(self, rows: slice) -> PriceGrid:
        """The grid of some of these rows."""
        return PriceGrid(self.bin_bps, self.first + rows.start, rows.stop - rows.start)
