"""The cells of a map, packed by the model worker while the window still shows the old picture.

A mailbox of one: the worker puts the newest map's cells in, the painter takes them out, or packs them itself.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import Final, NamedTuple

from heatdesk.gui.along_price import closed, smoothed
from heatdesk.gui.contrast import automatic_limits
from heatdesk.gui.heat_cells import Filter, HeatCells, Marks, unchanged
from heatdesk.gui.legend_scale import measured
from heatdesk.gui.sides import ages_shown, standing
from heatdesk.model.heatmap import Heatmap

# What each of ``view.RENDERINGS`` does to a map before it is drawn.
_ALONG_PRICE: Final[dict[str, Filter]] = {"raw": unchanged, "smoothed": smoothed, "bands": closed}


class _Packed(NamedTuple):
    heatmap: Heatmap
    side: str
    rendering: str
    cells: HeatCells


def pack(heatmap: Heatmap, side: str, rendering: str) -> HeatCells:
    """The cells of one of ``view.SIDES`` in one of ``view.RENDERINGS``; a map by age is drawn raw, with its ages."""
    ages = ages_shown(heatmap, side)
    if ages is not None:
        marks: Marks = lambda columns: ages.densest[:, columns]  # noqa: E731
        return HeatCells(heatmap.shape, partial(standing, heatmap, side), marks=marks)
    return HeatCells(heatmap.shape, partial(standing, heatmap, side), _ALONG_PRICE[rendering])


class CellsAhead:
    """All methods may be called from any thread; nobody waits for a packing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._box: _Packed | None = None
        self._wanted = "both", "raw"

    def want(self, side: str, rendering: str) -> None:
        """Say what is being looked at."""
        self._wanted = side, rendering

    def put(self, heatmap: Heatmap) -> None:
        """Pack and measure what is being looked at of a map that is about to be shown."""
        side, _ = self._wanted
        automatic_limits(heatmap, side)
        measured(heatmap, side)
        packed = _Packed(heatmap, *self._wanted, pack(heatmap, *self._wanted))
        with self._lock:
            self._box = packed

    def take(self, heatmap: Heatmap, side: str, rendering: str) -> HeatCells:
        """These cells, out of the box or packed now."""
        with self._lock:
            packed, self._box = self._box, None
        if packed is not None and packed.heatmap is heatmap and packed[1:3] == (side, rendering):
            return packed.cells
        return pack(heatmap, side, rendering)


AHEAD: Final = CellsAhead()
