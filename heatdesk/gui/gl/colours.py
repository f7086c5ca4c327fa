"""Codes to colours on the card: the table of ``colour_table``, made there of a palette and a contrast."""

from __future__ import annotations

import numpy as np

from heatdesk.gui.colour_table import (
    BANDS,
    Contrast,
    band_shades,
    codes_below,
    entry_begins,
    premultiplied,
)
from heatdesk.gui.gl import names
from heatdesk.gui.gl.context import GlContext
from heatdesk.gui.gl.textures import COLOURS, Texture
from heatdesk.gui.heat_shown import HeatShown

_TABLE: int = 256  # texels along each side: one for each of 65,536 codes


class GlColours:
    """The colours of every code. A palette and a contrast reach the card as uniforms, nothing is uploaded."""

    def __init__(self) -> None:
        self._table: Texture | None = None
        self._of: tuple[tuple[bytes, Contrast], float, bool, bool] | None = None

    def paint(
        self,
        context: GlContext,
        pixels: Texture,
        what: HeatShown,
        scale: float,
        by_age: bool,
        corner: tuple[int, int],
    ) -> None:
        """Paint pooled pixels with their lower left one at `corner`; `scale` times USD are their numbers."""
        in_steps = what.rendering == "bands" and not by_age
        table = self._made(context, what, scale, by_age, in_steps)
        program = context.program("shade")
        program.use(("pixels", pixels), ("table", table))
        program.set_int("corner", *corner)
        program.set_int("in_steps", int(in_steps))
        program.set_int("n_steps", BANDS)
        if in_steps:
            program.set_uints("shades", band_shades(what.palette).reshape(-1).tolist())
        context.into_painter(*corner, pixels.width, pixels.height)
        context.gl.glEnable(names.BLEND)
        context.gl.glBlendFunc(names.ONE, names.ONE_MINUS_SRC_ALPHA)
        context.cover()
        context.gl.glDisable(names.BLEND)

    def _made(
        self, context: GlContext, what: HeatShown, scale: float, by_age: bool, in_steps: bool
    ) -> Texture:
        """The table, made again where it is for other colours."""
        wanted = what.by, scale, by_age, in_steps
        if self._table is None:
            self._table = Texture(context, COLOURS, _TABLE, _TABLE)
        elif wanted == self._of:
            return self._table
        contrast = what.contrast.times(scale)
        palettes = premultiplied(what.palette if by_age else np.broadcast_to(what.palette, (2, 256, 4)))
        program = context.program("table")
        program.use()
        program.set_uints("begins", entry_begins(contrast).tolist())
        program.set_int("n_palettes", len(palettes))
        program.set_int("by_age", int(by_age))
        program.set_int("in_steps", int(in_steps))
        program.set_int("n_steps", BANDS)
        program.set_uint("nothing_below", codes_below(contrast.minimum))
        context.into(self._table)
        for number, palette in enumerate(palettes):
            program.set_int("palette", number)
            program.set_uints("colours", palette.tolist())
            context.cover()
        self._of = wanted
        return self._table
