"""The heatmap under the candles, drawn by the CPU at the resolution of the screen."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from heatdesk.gui.cells_ahead import AHEAD, renew
from heatdesk.gui.colour_table import Colours, Contrast, aged, banded, plain
from heatdesk.gui.layers.base import Frame, PlotLayer, redraw
from heatdesk.gui.maxpool import Argb
from heatdesk.gui.pixel_grid import Lattice, PixelGrid
from heatdesk.gui.sides import ages_shown
from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap

_MOST_PICTURES: Final = 3


class HeatPainter(Protocol):
    """What a chart asks of whatever paints the map, here on the CPU."""

    def set_map(self, heatmap: Heatmap | None, row_edges: Floats) -> None:
        """Show another map; `row_edges` (n_prices + 1) are its price edges in view y."""
        ...

    def set_side(self, side: str, rendering: str = "raw") -> None:
        """Show one of ``view.SIDES`` in one of ``view.RENDERINGS``."""
        ...

    def set_colours(self, palette: NDArray[np.uint8], contrast: Contrast) -> None:
        """Colours and contrast (USD per bin) of the map."""
        ...


class _Picture:
    """The pixels of one side as they were last coloured, `by` a palette and a contrast."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.pixels: Argb = np.zeros(shape, np.uint32)
        height, width = shape
        self.image = QImage(
            self.pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        self.colours: Colours | None = None
        self.by: tuple[bytes, Contrast] | None = None


class _Prepared:
    """One side in one rendering: its cells, their pixels where they were last shown, and the picture of those."""

    def __init__(self, heatmap: Heatmap, side: str, rendering: str) -> None:
        self._start, self._step = float(heatmap.times_ms[0]), float(heatmap.step_ms)
        self.cells = AHEAD.take(heatmap, side, rendering)
        self.grid = PixelGrid()
        self.picture: _Picture | None = None

    def set_row_edges(self, row_edges: Floats) -> None:
        self.grid.set_cells(self.cells, self._start, self._step, row_edges)

    def changed(self, count: int) -> None:
        """The newest cells are others now: so are their pixels."""
        columns = self.grid.refresh_last_columns(count)
        if self.picture is not None and self.picture.colours is not None:
            self.picture.colours.paint_columns(self.grid.pixels, self.picture.pixels, columns)


class HeatmapItem(PlotLayer):
    """A `HeatPainter`: pools cells to pixels when the view moves, and only looks colours up when a slider does.

    Every side and rendering that has been shown stays prepared until the map changes, so that going back to it is a
    look-up too; going back to the last few of them is a copy.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._heatmap: Heatmap | None = None
        self._row_edges: Floats = np.empty(0)
        self._side, self._rendering = "both", "raw"
        self._prepared: dict[tuple[str, str], _Prepared] = {}
        self._palette: NDArray[np.uint8] = np.zeros((256, 4), np.uint8)
        self._contrast = Contrast(0.0, 1.0)
        self._by = self._palette.tobytes(), self._contrast

    def set_map(self, heatmap: Heatmap | None, row_edges: Floats) -> None:
        """Show another map, or the same map on another price scale.

        Of a map that goes on from the one shown only the newest columns are packed and coloured again.
        """
        same_rows = np.array_equal(row_edges, self._row_edges)
        if heatmap is not self._heatmap:
            if heatmap is not None and self._heatmap is not None and same_rows:
                self._go_on(heatmap, self._heatmap)
                return
            self._prepared.clear()
        elif same_rows:
            return
        self._heatmap, self._row_edges = heatmap, row_edges
        for prepared in self._prepared.values():
            prepared.set_row_edges(row_edges)
        redraw(self)

    def _go_on(self, heatmap: Heatmap, before: Heatmap) -> None:
        """Bring what is prepared of an earlier map up to date; forget what cannot be."""
        self._heatmap = heatmap
        for (side, rendering), prepared in list(self._prepared.items()):
            count = renew(prepared.cells, heatmap, before, side)
            if count < 0:
                del self._prepared[side, rendering]
                continue
            prepared.changed(count)
        redraw(self)

    def set_side(self, side: str, rendering: str = "raw") -> None:
        """Show one of ``view.SIDES`` in one of ``view.RENDERINGS``; each is prepared when first drawn."""
        if (side, rendering) != (self._side, self._rendering):
            self._side, self._rendering = side, rendering
            AHEAD.want(side, rendering)
            redraw(self)

    def set_colours(self, palette: NDArray[np.uint8], contrast: Contrast) -> None:
        """Colours, RGBA (256, 4), signed (2, 256, 4) or by age (5, 256, 4), and contrast in USD per bin."""
        self._palette, self._contrast = palette, contrast
        self._by = palette.tobytes(), contrast
        redraw(self)

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self._heatmap is None or 0 in self._heatmap.shape:
            return
        shown = self._shown(self._heatmap)
        lattice = Lattice.over(
            (frame.x_min, frame.x_max), (frame.y_min, frame.y_max), frame.width, frame.height
        )
        moved = shown.grid.show(lattice)
        pixels, picture = shown.grid.pixels, shown.picture
        if picture is None or picture.pixels.shape != pixels.shape:
            picture = shown.picture = _Picture(pixels.shape)
        if picture.colours is None or picture.by != self._by:
            colours = banded if self._rendering == "bands" else plain
            if ages_shown(self._heatmap, self._side) is not None:
                colours = aged
            # each side is stored at a scale of its own
            picture.colours = colours(self._palette, self._contrast.times(shown.cells.scale))
            picture.by, moved = self._by, True
        if moved:
            picture.colours.paint(pixels, picture.pixels)
        painter.drawImage(QPointF(frame.left, frame.top), picture.image)

    def _shown(self, heatmap: Heatmap) -> _Prepared:
        key = self._side, self._rendering
        if key not in self._prepared:
            self._prepared[key] = _Prepared(heatmap, *key)
            self._prepared[key].set_row_edges(self._row_edges)
        shown = self._prepared.pop(key)
        self._prepared[key] = shown  # the last one is the one looked at
        for forgotten in list(self._prepared.values())[:-_MOST_PICTURES]:
            forgotten.picture = None
        return shown
