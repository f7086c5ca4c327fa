"""The map drawn by OpenGL inside a painter whose canvas is drawn by it."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QPainter

from heatdesk.gui.gl.cells import GlCells
from heatdesk.gui.gl.colours import GlColours
from heatdesk.gui.gl.context import GlContext
from heatdesk.gui.gl.failure import to_break
from heatdesk.gui.gl.pixels import GlPixels, RowEdges
from heatdesk.gui.gl.share_group import ShareGroup
from heatdesk.gui.gl.sides import MapSides
from heatdesk.gui.heat_shown import HeatShown
from heatdesk.gui.layers.base import Frame
from heatdesk.gui.pixel_grid import Lattice
from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap


class GlHeat:
    """Shows what ``CpuHeat`` shows. A frame does again only what its own input asks for, and uploads only new columns.

    `uploaded_bytes` counts all that this item has sent to the card so far: a map, its new columns, and where its rows
    end. A change of view sends nothing.
    """

    def __init__(self) -> None:
        self.uploaded_bytes = 0
        self._way_to_break = to_break()
        self.forget()

    def draw(self, painter: QPainter, frame: Frame, what: HeatShown) -> None:
        """Draw into the frame. Raises GlError, or whatever else goes wrong, and leaves the painter usable."""
        painter.beginNativePainting()
        try:
            context = GlContext.current()
            with context.painting() as (_, height):
                self._draw(context, frame, height, what)
        finally:
            painter.endNativePainting()

    def forget(self) -> None:
        """Let go of all that is on the card."""
        self._group: ShareGroup | None = None
        self._sides: MapSides | None = None
        self._drawn: Heatmap | None = None
        self._cells: GlCells | None = None
        self._rows: RowEdges | None = None
        self._row_edges: Floats = np.empty(0)
        self._lattice: Lattice | None = None
        self._pixels, self._colours = GlPixels(), GlColours()

    def _draw(self, context: GlContext, frame: Frame, height: int, what: HeatShown) -> None:
        if self._group is not context.group:
            self.forget()
            self._group = context.group
        context.holders.add(self)
        if self._way_to_break == "paint":
            raise RuntimeError("broken on purpose")
        before = context.uploaded_bytes
        sides, rows = self._followed(context, what)
        self.uploaded_bytes += context.uploaded_bytes - before
        if self._way_to_break == "context":
            context.take_away()
        self._cells = cells = sides.cells(context, what.side, what.rendering)
        fresh = Lattice.over(
            (frame.x_min, frame.x_max), (frame.y_min, frame.y_max), frame.width, frame.height
        )
        self._lattice = fresh if self._lattice is None else self._lattice.moved_to(fresh)
        times = float(what.heatmap.times_ms[0]), float(what.heatmap.step_ms)
        pixels = self._pixels.show(context, cells, rows, self._lattice, times)
        if pixels is not None:
            corner = frame.left, height - frame.top - frame.height
            self._colours.paint(context, pixels, what, cells.scale, cells.by_age, corner)

    def _followed(self, context: GlContext, what: HeatShown) -> tuple[MapSides, RowEdges]:
        """The sides of the map and the edges of its rows, brought up to date."""
        # a map drawn before is not followed again: another window may have brought what they share further
        drawn_before = what.heatmap is self._drawn
        if self._sides is None or not (drawn_before or self._sides.follow(context, what.heatmap)):
            self._sides = self._cells = self._rows = None  # the old ones go before new ones come
            self._pixels = GlPixels()
            self._sides = MapSides.of(context, what.heatmap)
        sides = self._sides
        drawn, self._drawn = self._drawn, what.heatmap
        if drawn is None or drawn.times_ms[0] != what.heatmap.times_ms[0]:
            self._lattice = None
        if self._rows is None or not np.array_equal(what.row_edges, self._row_edges):
            self._rows, self._row_edges = (
                RowEdges(context, sides.detail.edges(what.row_edges)),
                what.row_edges,
            )
            self._lattice = None
        return sides, self._rows
