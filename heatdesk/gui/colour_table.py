"""Contrast limits, gamma, palette and opacity folded into one table: from the bits of a cell to a pixel's colour."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from heatdesk.gui.maxpool import Argb
from heatdesk.market import Floats


@cache
def _half_values() -> Floats:
    """The number behind each of the 65,536 bit patterns of a float16; infinity and NaN read as the largest."""
    values = np.arange(65_536, dtype=np.uint16).view(np.float16).astype(np.float64)
    return np.nan_to_num(np.maximum(values, 0.0), nan=65_504.0, posinf=65_504.0)


def colour_table(
    palette: NDArray[np.uint8], low: float, high: float, gamma: float = 1.0, opacity: float = 1.0
) -> Argb:
    """Premultiplied ARGB32 of every float16 bit pattern, shape (65,536,).

    `palette` is uint8 RGBA (256, 4); the value `low` takes its first colour and `high` its last, both in stored
    units, with ``((value − low) / (high − low))**gamma`` between. Zero is always transparent. Limits without a
    distance make a step.
    """
    values = _half_values()
    share = np.clip((values - low) / max(high - low, 1e-300), 0.0, 1.0)
    index = np.rint(share ** max(gamma, 1e-3) * 255.0).astype(np.intp)
    colours = palette[index].astype(np.uint32)
    alpha = np.rint(colours[:, 3] * np.clip(opacity, 0.0, 1.0)).astype(np.uint32)
    red, green, blue = ((colours[:, c] * alpha + 127) // 255 for c in range(3))
    table = (alpha << 24) | (red << 16) | (green << 8) | blue
    table[values == 0.0] = 0
    return table
