"""Liquidations as circles: near ones merged, so that thousands read and draw like dozens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.history.printed import Prints
from heatdesk.market import Floats, Times

MOST: Final = 1_500  # circles, the largest
# Logical pixels.
_CELL: Final = 12.0  # what lies in one cell is one circle
_LARGEST: Final = 18.0  # radius
_SMALLEST: Final = 2.0


@dataclass(frozen=True, slots=True)
class Bubbles:
    """Circles, the largest first; arrays (n,). `time_ms` and `y` are centres weighted by USD, `y` of the view.

    `of` says of every print which circle it is in, −1 for those left out.
    """

    time_ms: Floats
    y: Floats
    side: NDArray[np.int8]
    usd: Floats
    of: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.usd)

    def radii(self, full_usd: float) -> Floats:
        """Radii in logical pixels: the area is the amount, `full_usd` has the largest circle."""
        radius = _LARGEST * np.sqrt(self.usd / max(full_usd, 1e-9))
        return np.clip(radius, _SMALLEST, _LARGEST)


def cell_of(per_px: float) -> float:
    """The width of a cell where a logical pixel is so much: a power of two, so that few zooms change it."""
    return float(2.0 ** math.ceil(math.log2(_CELL * per_px)))


def merged(prints: Prints, y: Floats, shown: NDArray[np.bool_], cell_ms: float, cell_y: float) -> Bubbles:
    """The prints that are `shown`, those of one side that lie in one cell made one; cells stand still in the data."""
    rows = np.flatnonzero(shown)
    across, up = np.floor(prints.time_ms[rows] / cell_ms), np.floor(y[rows] / cell_y)
    cells = np.column_stack([across, up, prints.side[rows]])
    _, which = np.unique(cells, axis=0, return_inverse=True)
    which = which.reshape(-1)
    count = int(which.max()) + 1 if len(which) else 0
    usd: Floats = np.bincount(which, prints.usd[rows], count).astype(np.float64)
    order = np.argsort(-usd, kind="stable")[:MOST]
    place = np.full(count, -1, np.int64)
    place[order] = np.arange(len(order))
    of = np.full(len(prints), -1, np.int64)
    of[rows] = place[which]
    side = np.zeros(count, np.int8)
    side[which] = prints.side[rows]
    weight = np.where(usd > 0.0, usd, 1.0)
    origin = float(prints.time_ms[rows[0]]) if len(rows) else 0.0
    time_ms = origin + np.bincount(which, prints.usd[rows] * (prints.time_ms[rows] - origin), count) / weight
    centre = np.bincount(which, prints.usd[rows] * y[rows], count) / weight
    return Bubbles(time_ms[order], centre[order], side[order], usd[order], of)


def full_amount(usd: Floats) -> float:
    """The amount that has the largest circle: the largest of these, rounded up to 1, 2 or 5 of a power of ten."""
    largest = float(usd.max(initial=0.0))
    if largest <= 0.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= largest * (1.0 - 1e-9))


def span_ms(prints: Prints, chosen: NDArray[np.bool_]) -> tuple[int, int]:
    """The first and the last moment of some prints."""
    times: Times = prints.time_ms[chosen]
    return int(times.min()), int(times.max())
