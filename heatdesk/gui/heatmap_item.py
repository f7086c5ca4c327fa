"""The heatmap under the candles: what is looked at, and who draws it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from heatdesk.gui.cells_ahead import CellsAhead
from heatdesk.gui.colour_table import Contrast
from heatdesk.gui.cpu_heat import CpuHeat
from heatdesk.gui.heat_shown import HeatShown
from heatdesk.gui.layers.base import Frame, PlotLayer, redraw
from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap


class HeatPainter(Protocol):
    """What a chart asks of whatever paints the map."""

    def set_map(self, heatmap: Heatmap | None, row_edges: Floats) -> None:
        """Show another map; `row_edges` (n_prices + 1) are its price edges in view y."""
        ...

    def set_side(self, side: str, rendering: str = "raw") -> None:
        """Show one of ``view.SIDES`` in one of ``view.RENDERINGS``."""
        ...

    def set_colours(self, palette: NDArray[np.uint8], contrast: Contrast) -> None:
        """Colours and contrast (USD per bin) of the map."""
        ...


class HeatmapItem(PlotLayer):
    """A `HeatPainter` that remembers what is looked at, and leaves the drawing to `CpuHeat`."""

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._heatmap: Heatmap | None = None
        self._row_edges: Floats = np.empty(0)
        self._side, self._rendering = "both", "raw"
        self._palette: NDArray[np.uint8] = np.zeros((256, 4), np.uint8)
        self._contrast = Contrast(0.0, 1.0)
        self._by = self._palette.tobytes(), self._contrast
        self._cpu = CpuHeat()

    def take_cells_from(self, ahead: CellsAhead) -> None:
        """Take what the worker that answers this chart packs ahead, and tell it what is looked at."""
        self._cpu.ahead = ahead
        ahead.want(self._side, self._rendering)

    def set_map(self, heatmap: Heatmap | None, row_edges: Floats) -> None:
        """Show another map, or the same map on another price scale."""
        if heatmap is self._heatmap and np.array_equal(row_edges, self._row_edges):
            return
        self._heatmap, self._row_edges = heatmap, row_edges
        if heatmap is None:
            self._cpu.forget()
        redraw(self)

    def set_side(self, side: str, rendering: str = "raw") -> None:
        """Show one of ``view.SIDES`` in one of ``view.RENDERINGS``; each is prepared when first drawn."""
        if (side, rendering) != (self._side, self._rendering):
            self._side, self._rendering = side, rendering
            self._cpu.ahead.want(side, rendering)
            redraw(self)

    def set_colours(self, palette: NDArray[np.uint8], contrast: Contrast) -> None:
        """Colours, RGBA (256, 4), signed (2, 256, 4) or by age (5, 256, 4), and contrast in USD per bin."""
        self._palette, self._contrast = palette, contrast
        self._by = palette.tobytes(), contrast
        redraw(self)

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self._heatmap is None or 0 in self._heatmap.shape:
            return
        self._cpu.draw(painter, frame, self._what(self._heatmap))

    def _what(self, heatmap: Heatmap) -> HeatShown:
        return HeatShown(
            heatmap,
            self._row_edges,
            self._side,
            self._rendering,
            self._palette,
            self._contrast,
            self._by,
        )
