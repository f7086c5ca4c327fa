"""The heatmap under the candles: what is looked at, and who draws it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QPaintEngine, QPainter

from heatdesk.engine import Snapshot
from heatdesk.gui.cells_ahead import CellsAhead, changed_columns
from heatdesk.gui.colour_table import Contrast
from heatdesk.gui.cpu_heat import CpuHeat
from heatdesk.gui.heat_shown import HeatShown
from heatdesk.gui.layers.base import Frame, PlotLayer, frame_now, redraw, redraw_part
from heatdesk.gui.packing import Packing
from heatdesk.market import Floats
from heatdesk.model.heatmap import Heatmap

if TYPE_CHECKING:
    from heatdesk.gui.gl.heat import GlHeat

_log = logging.getLogger(__name__)
_TO_SPARE: Final = 3.0  # pixels at either side of a column: what is pooled of it reaches into its neighbours


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
    """A `HeatPainter` that remembers what is looked at, and leaves the drawing to `CpuHeat`.

    On a canvas that OpenGL draws `GlHeat` draws the map, until it fails: then the CPU draws it there too, from that
    very frame on, or, where it is much, as soon as it is packed. `on_gl_failure` is called soon after with the reason,
    so that somebody may change the canvas.
    """

    def __init__(self, view: Any) -> None:
        super().__init__(view)
        self._heatmap: Heatmap | None = None
        self._row_edges: Floats = np.empty(0)
        self._side, self._rendering = "both", "raw"
        self._palette: NDArray[np.uint8] = np.zeros((256, 4), np.uint8)
        self._contrast = Contrast(0.0, 1.0)
        self._by = self._palette.tobytes(), self._contrast
        self._cpu = CpuHeat()
        self.gl: GlHeat | None = None
        self._gl_failed = False
        self.on_gl_failure: Callable[[str], None] | None = None

    def take_cells_from(self, ahead: CellsAhead, packing: Packing) -> None:
        """Take what the worker that answers this chart packs ahead, and tell it what is looked at.

        What else is much is packed by `packing`, meanwhile the picture before stands.
        """
        self._cpu.ahead, self._cpu.packing = ahead, packing
        packing.packed.connect(lambda: redraw(self))
        ahead.want(self._side, self._rendering)

    def set_map(self, heatmap: Heatmap | None, row_edges: Floats) -> None:
        """Show another map, or the same map on another price scale."""
        if heatmap is self._heatmap and np.array_equal(row_edges, self._row_edges):
            return
        before, same_rows = self._heatmap, np.array_equal(row_edges, self._row_edges)
        self._heatmap, self._row_edges = heatmap, row_edges
        if heatmap is None:
            self._cpu.forget()
            if self.gl is not None:
                self.gl.forget()
        if heatmap is None or before is None or not same_rows:
            redraw(self)
        else:
            self._redraw_newest(heatmap, changed_columns(heatmap, before))

    def _redraw_newest(self, heatmap: Heatmap, columns: int) -> None:
        """Paint anew where so many of the newest columns stand; all of the map for −1."""
        frame = frame_now(self._view)
        if columns < 0 or frame is None:
            redraw(self)
        elif columns > 0:
            first, end = heatmap.times_ms[-columns], heatmap.times_ms[-1] + heatmap.step_ms
            left, right = float(frame.x(first)) - _TO_SPARE, float(frame.x(end)) + _TO_SPARE
            redraw_part(self, QRectF(left, frame.top, right - left, frame.height))

    def drawn_of(self, snapshot: Snapshot) -> object:
        return None  # `set_map` tells

    def set_side(self, side: str, rendering: str = "raw") -> None:
        """Show one of ``view.SIDES`` in one of ``view.RENDERINGS``; each is prepared when first drawn."""
        if (side, rendering) != (self._side, self._rendering):
            self._side, self._rendering = side, rendering
            self._cpu.ahead.want(side, rendering)
            redraw(self)

    def set_colours(self, palette: NDArray[np.uint8], contrast: Contrast) -> None:
        """Colours, RGBA (256, 4), signed (2, 256, 4) or by age (5, 256, 4), and contrast in USD per bin."""
        by = palette.tobytes(), contrast
        if by != self._by:
            self._palette, self._contrast, self._by = palette, contrast, by
            redraw(self)

    def try_gl_again(self) -> None:
        """A person wants it, or the canvas is another one: what failed before may work now."""
        self._gl_failed = False

    def draw(self, painter: QPainter, frame: Frame) -> None:
        if self._heatmap is None or 0 in self._heatmap.shape:
            return
        what = self._what(self._heatmap)
        by_gl = painter.paintEngine().type() is QPaintEngine.Type.OpenGL2 and not self._gl_failed
        if not (by_gl and self._drawn_by_gl(painter, frame, what)):
            self._cpu.draw(painter, frame, what)

    def _drawn_by_gl(self, painter: QPainter, frame: Frame, what: HeatShown) -> bool:
        """Draw by OpenGL; False, once, where that fails."""
        try:
            if self.gl is None:
                from heatdesk.gui.gl.heat import GlHeat  # costs nothing where it is not used

                self.gl = GlHeat()
            self.gl.draw(painter, frame, what)
        except Exception as error:
            self._give_up_gl(f"{type(error).__name__}: {error}")
            return False
        self._cpu.let_go_of_other_maps(what.heatmap)
        return True

    def _give_up_gl(self, reason: str) -> None:
        _log.warning("OpenGL could not draw the map, the processor draws it from now on: %s", reason)
        self._gl_failed = True
        if self.gl is not None:
            self.gl.forget()
        if self.on_gl_failure is not None:
            QTimer.singleShot(0, partial(self.on_gl_failure, reason))

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
