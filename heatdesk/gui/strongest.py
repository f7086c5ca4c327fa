"""The strongest cell of a map: the top of the legend, and what the cells on screen are stored as shares of."""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.gui.once_a_map import once_a_map
from heatdesk.gui.sides import standing
from heatdesk.model.heatmap import Heatmap, Notional

_BLOCK: Final = 64  # columns, which with their sum stay in the cache


@once_a_map
def strongest(heatmap: Heatmap, side: str) -> float:
    """The largest finite magnitude of one of ``view.SIDES`` in USD per bin; 0 where there is none."""
    columns = range(0, heatmap.shape[1], _BLOCK)
    return max((peak(standing(heatmap, side, slice(c, c + _BLOCK))) for c in columns), default=0.0)


def peak(notional: Notional) -> float:
    """The largest finite magnitude of some cells; 0 where there is none."""
    found = max(float(notional.max(initial=0.0)), -float(notional.min(initial=0.0)))
    if np.isfinite(found):
        return found
    return float(np.abs(notional).max(initial=0.0, where=np.isfinite(notional)))
