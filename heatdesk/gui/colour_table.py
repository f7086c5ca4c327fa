"""Contrast limits, gamma and palette folded into one table: from the bits of a cell to a pixel's colour."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from heatdesk.gui.maxpool import Argb
from heatdesk.market import Floats

_INFINITY: Final = 0x7C00  # the bit pattern after the largest finite float16


@cache
def _half_values() -> Floats:
    """The numbers behind the bit patterns of a float16 from zero to the largest finite one, ascending."""
    return np.arange(_INFINITY, dtype=np.uint16).view(np.float16).astype(np.float64)


def colour_table(palette: NDArray[np.uint8], low: float, high: float, gamma: float = 1.0) -> Argb:
    """Premultiplied ARGB32 of every float16 bit pattern, shape (65,536,).

    `palette` is uint8 RGBA (256, 4); the value `low` takes its first colour and `high` its last, both in stored
    units, with ``((value − low) / (high − low))**gamma`` between. Zero is always transparent. Limits without a
    distance make a step. Found the short way round: where each of the 256 colours begins among the patterns.
    """
    rgba = palette.astype(np.uint32)
    alpha = rgba[:, 3]
    red, green, blue = ((rgba[:, c] * alpha + 127) // 255 for c in range(3))
    colours = (alpha << 24) | (red << 16) | (green << 8) | blue
    share = ((np.arange(1, 256) - 0.5) / 255.0) ** (1.0 / max(gamma, 1e-3))
    begins = np.searchsorted(_half_values(), low + max(high - low, 0.0) * share)
    # Patterns above the largest number (infinity, NaN, negative ones) are never stored.
    table = np.repeat(colours, np.diff(begins, prepend=0, append=65_536))
    table[0] = 0
    return table
