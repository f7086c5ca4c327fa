"""One side of a map in the form the screen reads it: 16 bits a cell, time-major, with a pyramid over time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.gui.cell_codes import Codes, encode
from heatdesk.gui.maxpool import halve

# The strongest cell is stored at half of what 16 bits hold, so that a growing column need not rescale the map.
_PEAK: Final = 32_752.0
_CHUNK_COLUMNS: Final = 64


class HeatCells:
    """A map's notional as codes (``cell_codes``).

    Built from `notional` (n_prices, n_times) in USD per bin, signed for a net map. `scale` times USD is the stored
    number (0.05 % precise; what is no number is stored as 0). Levels of the pyramid are made when first asked for.
    """

    def __init__(self, notional: NDArray[np.float32]) -> None:
        columns = notional.T
        peak = max(float(columns.max(initial=0.0)), -float(columns.min(initial=0.0)))
        if not np.isfinite(peak):
            peak = float(np.abs(columns).max(initial=0.0, where=np.isfinite(columns)))
        # The scale is applied in float32, so it must be a finite one even for a map of nearly nothing.
        self.scale = min(_PEAK / peak, 1e30) if peak > 0.0 else 1.0
        self._levels: list[Codes] = [np.empty(columns.shape, np.uint16)]
        for start in range(0, len(columns), _CHUNK_COLUMNS):
            part = slice(start, start + _CHUNK_COLUMNS)
            self._levels[0][part] = self._codes(columns[part])

    @property
    def shape(self) -> tuple[int, int]:
        """(n_times, n_prices)."""
        return self._levels[0].shape[0], self._levels[0].shape[1]

    def level(self, number: int) -> Codes:
        """The cells with ``2**number`` columns merged into one by their strongest; level 0 is the map itself."""
        while len(self._levels) <= number:
            self._levels.append(halve(self._levels[-1]))
        return self._levels[number]

    def set_last_column(self, notional: NDArray[np.float32]) -> None:
        """Replace the newest column, (n_prices,) in USD per bin, here and in the levels that exist."""
        self._levels[0][-1] = self._codes(notional)
        for finer, coarser in zip(self._levels, self._levels[1:], strict=False):
            coarser[-1] = finer[2 * (len(coarser) - 1) :].max(axis=0)

    def _codes(self, notional: NDArray[np.float32]) -> Codes:
        return encode(notional * np.float32(self.scale))
