"""One side of a map in the form the screen reads it: 16 bits a cell, time-major, with a pyramid over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.gui.cell_codes import LARGEST, Codes, encode, mark
from heatdesk.gui.maxpool import halve
from heatdesk.gui.strongest import peak
from heatdesk.model.heatmap import Notional

Read = Callable[[slice], Notional]
Filter = Callable[[Notional], Notional]
Marks = Callable[[slice], NDArray[np.uint8]]

# The strongest cell is stored at half of what 16 bits hold, so that a growing column need not rescale the map.
_PEAK: Final = 32_752.0
# Columns worked on together: they and what is made of them stay in the cache.
_CHUNK: Final = 64


def unchanged(notional: Notional) -> Notional:
    """The filter that leaves every cell as it is."""
    return notional


def scale_for(peak: float) -> float:
    """What cells are multiplied by before they are stored, for a largest magnitude in USD per bin."""
    # It is applied in float32, so it must be a finite one even for a map of nearly nothing.
    return min(_PEAK / peak, 1e30) if peak > 0.0 else 1.0


class HeatCells:
    """A map's notional as codes (``cell_codes``).

    `read` gives columns, (n_prices, n) in USD per bin, of the `shape` (n_prices, n_times); signed for a net map.
    `along_price` changes them before they are stored, and may not raise a column's largest magnitude. `marks` gives a
    small number of each cell of some columns, (n_prices, n), that is kept with it (``cell_codes.mark``). `scale` times
    USD is the stored number (0.05 % precise; what is no number is stored as 0). Levels of the pyramid are made when
    first asked for. `peak` is the largest finite magnitude in USD per bin.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        read: Read,
        peak: float,
        along_price: Filter = unchanged,
        marks: Marks | None = None,
    ) -> None:
        n_prices, n_times = shape
        self._along_price, self._marks = along_price, marks
        self.scale = scale_for(peak)
        self._levels: list[Codes] = [np.empty((n_times, n_prices), np.uint16)]
        for start in range(0, n_times, _CHUNK):
            chunk = slice(start, start + _CHUNK)
            self._store(read(chunk), chunk)

    @staticmethod
    def of(notional: Notional) -> HeatCells:
        """The cells of a whole map, (n_prices, n_times) in USD per bin."""
        return HeatCells(notional.shape, lambda columns: notional[:, columns], peak(notional))

    @property
    def shape(self) -> tuple[int, int]:
        """(n_times, n_prices)."""
        return self._levels[0].shape[0], self._levels[0].shape[1]

    def level(self, number: int) -> Codes:
        """The cells with ``2**number`` columns merged into one by their strongest; level 0 is the map itself."""
        while len(self._levels) <= number:
            self._levels.append(halve(self._levels[-1]))
        return self._levels[number]

    def set_last_columns(self, notional: Notional) -> None:
        """Replace the newest columns, (n_prices, n) in USD per bin, here and in the levels that exist."""
        first = self.shape[0] - notional.shape[1]
        self._store(notional, slice(first, None))
        for finer, coarser in zip(self._levels, self._levels[1:], strict=False):
            first //= 2
            coarser[first:] = halve(finer[2 * first :])

    def holds(self, usd: float) -> bool:
        """Whether a magnitude can be stored at this scale without being dimmed."""
        return usd * self.scale <= LARGEST

    def _store(self, notional: Notional, columns: slice) -> None:
        """Keep some columns as codes."""
        codes = encode(self._along_price(notional).T * np.float32(self.scale), out=self._levels[0][columns])
        if self._marks is not None:
            codes[:] = mark(codes, self._marks(columns).T)
