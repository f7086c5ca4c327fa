"""How finely a map is kept where it is more than a card's textures hold: the strongest of several columns or rows."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.market import Floats

_MOST_BYTES: Final = 256 << 20  # of both sides together
_BYTES_A_CELL: Final = 8


class Detail(NamedTuple):
    """``2**level`` columns and `rows` rows of a map are one of what is kept."""

    level: int = 0
    rows: int = 1

    @staticmethod
    def within(n_prices: int, n_times: int, largest_texture: int, most_bytes: int = _MOST_BYTES) -> Detail:
        """The finest that a card can keep."""
        level, rows = 0, 1
        while -(-n_prices // rows) >= largest_texture:  # their edges are one more
            rows *= 2
        a_column = _BYTES_A_CELL * -(-n_prices // rows)
        while (n_kept := -(-n_times >> level)) > largest_texture or n_kept * a_column > most_bytes:
            if n_kept <= 1:
                break
            level += 1
        return Detail(level, rows)

    def kept(self, n_prices: int, n_times: int) -> tuple[int, int]:
        """How many rows and columns of a map are kept."""
        return -(-n_prices // self.rows), -(-n_times >> self.level)

    def amounts(self, columns: NDArray[np.float32]) -> NDArray[np.float32]:
        """What is kept of columns (n, n_prices) of one side, the first of which begins a group: the largest amounts."""
        if self.level:
            columns = np.fmax.reduceat(columns, np.arange(0, len(columns), 1 << self.level), axis=0)
        if self.rows > 1:
            columns = np.fmax.reduceat(columns, np.arange(0, columns.shape[1], self.rows), axis=1)
        return columns

    def marks(self, columns: NDArray[np.uint8], weights: NDArray[np.float32]) -> NDArray[np.uint8]:
        """What is kept of the marks of columns (n, n_prices): those of the cells that weigh most."""
        for axis, group in ((0, 1 << self.level), (1, self.rows)):
            if group > 1:
                heavy = _grouped(weights, axis, group).argmax(axis + 1)
                picked = np.expand_dims(heavy, axis + 1)
                columns, weights = (
                    np.take_along_axis(_grouped(array, axis, group), picked, axis + 1).squeeze(axis + 1)
                    for array in (columns, weights)
                )
        return columns

    def edges(self, row_edges: Floats) -> Floats:
        """The edges of the rows that are kept, of those of a map (n_prices + 1)."""
        if self.rows == 1:
            return row_edges
        return np.append(row_edges[: -1 : self.rows], row_edges[-1])


def _grouped(array: NDArray[Any], axis: int, group: int) -> NDArray[Any]:
    """An axis cut into groups, the last one filled with 0."""
    missing = -array.shape[axis] % group
    padded = np.pad(array, [(0, missing if a == axis else 0) for a in range(2)])
    shape = list(padded.shape)
    return padded.reshape(*shape[:axis], -1, group, *shape[axis + 1 :])
