"""The map drawn by the CPU at the resolution of the screen: the reference, and what works on every machine."""

from __future__ import annotations

from typing import Final

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter

from heatdesk.gui.cell_codes import Codes
from heatdesk.gui.cells_ahead import CellsAhead, changed_columns, pack, renew
from heatdesk.gui.colour_table import Colours, Contrast, aged, banded, plain
from heatdesk.gui.heat_cells import HeatCells
from heatdesk.gui.heat_shown import HeatShown
from heatdesk.gui.layers.base import Frame
from heatdesk.gui.maxpool import Argb
from heatdesk.gui.packing import Packing
from heatdesk.gui.pixel_grid import Change, Lattice, PixelGrid
from heatdesk.gui.sides import ages_shown
from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap

_MOST_PICTURES: Final = 3
_AT_ONCE: Final = 2_000_000  # cells; they are packed in a few ms


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

    def follow(self, grid: Codes, colours: Colours, change: Change) -> None:
        """Move with the grid, and colour what came into sight."""
        if change.down and colours.looks_around:  # what was at an edge has other neighbours now
            colours.paint(grid, self.pixels)
            return
        change.move(self.pixels)
        for rows, columns in change.parts:
            colours.paint(grid, self.pixels, rows, columns)


class _Prepared:
    """One side in one rendering: its cells, their pixels where they were last shown, and the picture of those.

    `behind` is how many of its newest columns a map that goes on has changed since they were last shown.
    """

    def __init__(self, cells: HeatCells, heatmap: Heatmap) -> None:
        self._start, self._step = float(heatmap.times_ms[0]), float(heatmap.step_ms)
        self.cells = cells
        self.behind = 0
        self.grid = PixelGrid()
        self.picture: _Picture | None = None

    def set_row_edges(self, row_edges: Floats) -> None:
        self.grid.set_cells(self.cells, self._start, self._step, row_edges)

    def catch_up(self, heatmap: Heatmap, side: str) -> bool:
        """Pack, pool and colour what is behind; False where the cells cannot hold it."""
        count, self.behind = self.behind, 0
        if not renew(self.cells, heatmap, side, count):
            return False
        if count:
            columns = self.grid.refresh_last_columns(count)
            if self.picture is not None and self.picture.colours is not None:
                self.picture.colours.paint(self.grid.pixels, self.picture.pixels, columns=columns)
        return True


class CpuHeat:
    """Pools cells to pixels when the view moves, and only looks colours up when a slider does.

    Every side and rendering that has been shown stays prepared until the map changes, so that going back to it is a
    look-up too; going back to the last few of them is a copy. Of a map that goes on from the one drawn before only the
    newest columns are packed and coloured again, those of a side out of sight when it is shown again. What a worker has
    packed already is taken out of `ahead`; where there is a `packing`, it packs what else is much, and what was drawn
    before is drawn until then.
    """

    def __init__(self) -> None:
        self.ahead = CellsAhead()
        self.packing: Packing | None = None
        self._drawn: tuple[_Prepared, HeatShown] | None = None
        self._heatmap: Heatmap | None = None
        self._row_edges: Floats = np.empty(0)
        self._prepared: dict[tuple[str, str], _Prepared] = {}

    def draw(self, painter: QPainter, frame: Frame, what: HeatShown) -> None:
        """Draw into the frame; the painter counts device pixels."""
        self._follow(what.heatmap, what.row_edges)
        shown = self._shown(what)
        if shown is not None:
            self._drawn = shown, what
        elif self._drawn is not None:
            shown, what = self._drawn
        else:
            return
        lattice = Lattice.over(
            (frame.x_min, frame.x_max), (frame.y_min, frame.y_max), frame.width, frame.height
        )
        change = shown.grid.show(lattice)
        pixels, picture = shown.grid.pixels, shown.picture
        if picture is None or picture.pixels.shape != pixels.shape:
            picture = shown.picture = _Picture(pixels.shape)
        if picture.colours is None or picture.by != what.by:
            colours = banded if what.rendering == "bands" else plain
            if ages_shown(what.heatmap, what.side) is not None:
                colours = aged
            # each side is stored at a scale of its own
            picture.colours, picture.by = (
                colours(what.palette, what.contrast.times(shown.cells.scale)),
                what.by,
            )
            picture.colours.paint(pixels, picture.pixels)
        elif change is not None:
            picture.follow(pixels, picture.colours, change)
        painter.drawImage(QPointF(frame.left, frame.top), picture.image)

    def forget(self) -> None:
        """Let go of all that is prepared."""
        self._heatmap = self._drawn = None
        self._prepared.clear()

    def let_go_of_other_maps(self, heatmap: Heatmap) -> None:
        """Another way draws this map now: what is prepared of an earlier one takes only room."""
        if heatmap is not self._heatmap:
            self.forget()

    def _follow(self, heatmap: Heatmap, row_edges: Floats) -> None:
        """Bring what is prepared up to date with another map, or with the same map on another price scale."""
        before, same_rows = self._heatmap, np.array_equal(row_edges, self._row_edges)
        if heatmap is before and same_rows:
            return
        self._heatmap, self._row_edges = heatmap, row_edges
        if heatmap is not before:
            if before is not None and same_rows:
                self._go_on(heatmap, before)
                return
            self._prepared.clear()
        elif self._drawn is not None and self._drawn[0] not in self._prepared.values():
            self._drawn = None  # another map's, on the price scale before
        for prepared in self._prepared.values():
            prepared.set_row_edges(row_edges)

    def _go_on(self, heatmap: Heatmap, before: Heatmap) -> None:
        """Note how far behind a map that goes on leaves what is prepared; of any other map nothing is prepared."""
        count = changed_columns(heatmap, before)
        if count < 0:
            self._prepared.clear()
        for prepared in self._prepared.values():
            prepared.behind = max(prepared.behind, count)

    def _shown(self, what: HeatShown) -> _Prepared | None:
        """What is prepared, None while its cells are being packed."""
        key = what.side, what.rendering
        shown = self._prepared.pop(key, None)
        if shown is None or not shown.catch_up(what.heatmap, what.side):
            cells = self._cells(what.heatmap, *key)
            if cells is None:
                return None
            shown = _Prepared(cells, what.heatmap)
            shown.set_row_edges(self._row_edges)
        self._prepared[key] = shown  # the last one is the one looked at
        for forgotten in list(self._prepared.values())[:-_MOST_PICTURES]:
            forgotten.picture = None
        return shown

    def _cells(self, heatmap: Heatmap, side: str, rendering: str) -> HeatCells | None:
        cells = self.ahead.take(heatmap, side, rendering)
        if cells is not None:
            return cells
        if self.packing is not None and heatmap.shape[0] * heatmap.shape[1] > _AT_ONCE:
            return self.packing.take(heatmap, side, rendering)
        return pack(heatmap, side, rendering)
