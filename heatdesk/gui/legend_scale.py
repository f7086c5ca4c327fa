"""The arithmetic of the legend: where an amount stands on the bar, and how often the map holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.gui.once_a_map import once_a_map
from heatdesk.gui.sides import standing
from heatdesk.gui.strongest import strongest
from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap

BINS: Final = 96
UNIT_BPS: Final = 10.0  # amounts are told per 0.1 % of price
_POWER: Final = 3.0
_SAMPLE: Final = 200_000


@dataclass(frozen=True, slots=True)
class AmountScale:
    """Amounts in ``[0, top]`` USD per 0.1 % against positions in [0, 1], as a cube root.

    Densities of a map span three to four decades and include zero: a logarithm loses the zero, a line the decades.
    """

    top: float

    def position(self, amount: float | Floats) -> Floats:
        """Positions of amounts, clipped to the bar."""
        share = np.clip(np.asarray(amount, np.float64) / self.top, 0.0, 1.0)
        return np.power(share, 1.0 / _POWER)

    def amount(self, position: float | Floats) -> Floats:
        """Amounts at positions, clipped to the bar."""
        return self.top * np.power(np.clip(np.asarray(position, np.float64), 0.0, 1.0), _POWER)


def per_unit(heatmap: Heatmap) -> float:
    """What USD per bin is multiplied with to give USD per 0.1 % of price."""
    return UNIT_BPS / heatmap.bin_bps


def amount_scale(heatmap: Heatmap, side: str) -> AmountScale:
    """The bar from nothing to the map's largest density, whatever its sign."""
    largest = strongest(heatmap, side)
    return AmountScale(largest * per_unit(heatmap) if largest > 0 else 1.0)


def histogram(heatmap: Heatmap, side: str, scale: AmountScale, bins: int, sign: int = 1) -> Floats:
    """How many of the map's cells above zero stand in each bin of the bar, as roots with the fullest at 1; (bins,).

    With `sign` −1 the cells below zero, by their magnitude. Large maps are read at every n-th column, at most
    200,000 cells.
    """
    rows, columns = heatmap.shape
    sample = sign * standing(heatmap, side, slice(None, None, max(1, -(-rows * columns // _SAMPLE))))
    positions = scale.position(sample[sample > 0].astype(np.float64) * per_unit(heatmap))
    counts = np.histogram(positions, bins=bins, range=(0.0, 1.0))[0]
    heights = np.sqrt(counts.astype(np.float64))
    peak = float(heights.max(initial=0.0))
    return heights / peak if peak > 0 else heights


class Measured(NamedTuple):
    """The bar's scale, and the histograms (`BINS`,) above zero and, for net, below."""

    scale: AmountScale
    heights: dict[int, Floats]


@once_a_map
def measured(heatmap: Heatmap, side: str) -> Measured:
    """What the legend shows of one of ``view.SIDES``."""
    scale = amount_scale(heatmap, side)
    signs = (1, -1) if side == "net" else (1,)
    return Measured(scale, {sign: histogram(heatmap, side, scale, BINS, sign) for sign in signs})


def colour_index(amount: Floats, low: float, high: float, gamma: float) -> NDArray[np.intp]:
    """Palette entries (0…255) of amounts between contrast limits."""
    share = np.clip((amount - low) / max(high - low, np.finfo(np.float64).tiny), 0.0, 1.0)
    return np.rint(255 * share**gamma).astype(np.intp)
