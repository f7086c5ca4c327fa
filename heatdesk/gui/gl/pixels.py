"""The map pooled to the pixels of the plot on the card, by the rules of ``pixel_grid``."""

from __future__ import annotations

from typing import Final

import numpy as np

from heatdesk.gui.gl import names
from heatdesk.gui.gl.cells import GlCells
from heatdesk.gui.gl.context import GlContext
from heatdesk.gui.gl.fixed_point import countable, fixed
from heatdesk.gui.gl.textures import CODES, FRACTIONS, Texture
from heatdesk.gui.pixel_grid import TOUCH, Lattice, pyramid_level
from heatdesk.market import Floats

# The last edge must stay below the whole that edges are fractions of.
_WHOLE: Final = 1.0 + 2.0**-20


class RowEdges:
    """Where a map's rows end (n_prices + 1, ascending view y), on the card as fractions of the map's height."""

    def __init__(self, context: GlContext, edges: Floats) -> None:
        self.edges = edges
        self.low, self.span = float(edges[0]), float(edges[-1] - edges[0]) * _WHOLE
        self.least = float(np.diff(edges).min())
        fractions = np.rint((edges - self.low) / self.span * 2.0**32).astype(np.uint32)
        self.texture = Texture(context, FRACTIONS, len(edges), 1)
        self.texture.upload(context, fractions[None])

    def share(self, y: float) -> float:
        """A view y, or with `low` added a distance, as a share of the map's height."""
        return (y - self.low) / self.span


class GlPixels:
    """The strongest cell under every pixel; row 0 is the lowest. What ``PixelGrid`` is to the CPU."""

    def __init__(self) -> None:
        self.texture: Texture | None = None
        self._pooled: tuple[GlCells, int, RowEdges, Lattice] | None = None

    def show(
        self,
        context: GlContext,
        cells: GlCells,
        rows: RowEdges,
        lattice: Lattice,
        times: tuple[float, float],
    ) -> Texture | None:
        """The pixels of a view; `times` are the first column's beginning and the step, in ms.

        None for a view so wide that pixels could not be counted in it: there the map is less than a pixel.
        """
        wanted = cells, cells.version, rows, lattice
        if self.texture is not None and self._pooled is not None and _same(wanted, self._pooled):
            return self.texture
        start, step = times
        across, down = lattice.dx / step, lattice.dy / rows.span
        left = (lattice.x + lattice.left * lattice.dx - start) / step
        y = lattice.y - (lattice.top + lattice.height) * lattice.dy
        if not (countable(left, across, lattice.width) and countable(rows.share(y), down, lattice.height)):
            return None
        size = lattice.width, lattice.height
        if self.texture is None or (self.texture.width, self.texture.height) != size:
            self.texture = None  # the old one may go before the new one comes
            self.texture = Texture(context, CODES, *size)
        number = pyramid_level(across, cells.n_times)
        texture, level = cells.level(context, number)
        program = context.program("pool")
        program.use(("cells", texture), ("row_edges", rows.texture))
        program.set_int("level", level)
        program.set_int("n_columns", cells.n_times)
        program.set_int("height", lattice.height)
        touch = TOUCH * min(across, 1.0)
        program.set_int("left", *fixed(left + touch))
        program.set_int("right", *fixed(left + across - touch))
        program.set_int("pixel_ms", *fixed(across))
        touch = TOUCH * min(lattice.dy, rows.least)
        program.set_int("bottom", *fixed(rows.share(y + touch)))
        program.set_int("top", *fixed(rows.share(y + lattice.dy - touch)))
        program.set_int("pixel", *fixed(down))
        context.into(self.texture)
        context.gl.glDrawArraysInstanced(names.TRIANGLE_STRIP, 0, 4, lattice.height)
        self._pooled = wanted
        return self.texture


def _same(
    wanted: tuple[GlCells, int, RowEdges, Lattice], pooled: tuple[GlCells, int, RowEdges, Lattice]
) -> bool:
    return (
        wanted[0] is pooled[0] and wanted[2] is pooled[2] and (wanted[1], wanted[3]) == (pooled[1], pooled[3])
    )
