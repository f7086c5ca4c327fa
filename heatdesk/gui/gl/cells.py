"""What is looked at of a map, mixed of its sides on the card: codes (``cell_codes``) with a pyramid over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heatdesk.gui.cell_codes import LARGEST
from heatdesk.gui.gl.context import GlContext
from heatdesk.gui.gl.textures import CODES, Texture
from heatdesk.gui.heat_cells import scale_for
from heatdesk.gui.sides import ages_shown, standing
from heatdesk.gui.strongest import peak, strongest
from heatdesk.gui.view import RENDERINGS, SIDES

if TYPE_CHECKING:
    from heatdesk.gui.gl.sides import MapSides


class GlCells:
    """One of ``view.SIDES`` in one of ``view.RENDERINGS``; what ``HeatCells`` is to the CPU.

    `scale` times USD is the number stored; `by_age` says that codes are marked with windows of age. `version` counts
    how often cells have changed.
    """

    def __init__(self, context: GlContext, sides: MapSides, side: str, rendering: str) -> None:
        self.side, self.rendering = side, rendering
        self.by_age = ages_shown(sides.heatmap, side) is not None
        self.scale, self.version = 0.0, 0
        self.base_level, self.n_times = sides.detail.level, sides.heatmap.shape[1]
        self._of_version = -1
        self._levels = [Texture(context, CODES, sides.n_rows, sides.n_columns)]

    def follow(self, context: GlContext, sides: MapSides) -> None:
        """Mix again what has changed since."""
        if self._of_version == sides.version and self.scale:
            return
        count = sides.changed_since(self._of_version) if self.scale else -1
        self._of_version = sides.version
        if count > 0 and not self._holds(sides, count):
            count = -1
        if count < 0:
            self.scale, count = scale_for(strongest(sides.heatmap, self.side)), sides.n_columns
            del self._levels[1:]
        if count:
            self._mix(context, sides, count)
            self.version += 1

    def level(self, context: GlContext, number: int) -> tuple[Texture, int]:
        """The cells with ``2**number`` columns merged into one, or as fine as there are; and the level that this is."""
        wanted = max(number - self.base_level, 0)
        while len(self._levels) <= wanted and self._levels[-1].height > 1:
            finer = self._levels[-1]
            coarser = Texture(context, CODES, finer.width, (finer.height + 1) // 2)
            self._levels.append(coarser)
            self._halve(context, finer, coarser, 0)
        reached = min(wanted, len(self._levels) - 1)
        return self._levels[reached], self.base_level + reached

    def _holds(self, sides: MapSides, count: int) -> bool:
        """Whether the newest columns can be stored at this scale without being dimmed."""
        newest = slice((sides.n_columns - count) << sides.detail.level, None)
        return peak(standing(sides.heatmap, self.side, newest)) * self.scale <= LARGEST

    def _mix(self, context: GlContext, sides: MapSides, count: int) -> None:
        """Mix the newest columns, and renew what the pyramid has of them."""
        program = context.program("mix")
        inputs = [("sides", sides.amounts)]
        if self.by_age and sides.ages is not None:
            inputs.append(("ages", sides.ages))
        program.use(*inputs)
        if len(inputs) == 1:
            program.set_int("ages", len(inputs))  # two kinds of sampler must not share a unit
        program.set_int("first_slot", sides.first_slot)
        program.set_int("side", SIDES.index(self.side))
        program.set_int("rendering", 0 if self.by_age else RENDERINGS.index(self.rendering))
        program.set_int("by_age", int(self.by_age))
        program.set_float("scale", self.scale)
        first = sides.n_columns - count
        context.into(self._levels[0], first, count)
        context.cover()
        for finer, coarser in zip(self._levels, self._levels[1:], strict=False):
            first //= 2
            self._halve(context, finer, coarser, first)

    def _halve(self, context: GlContext, finer: Texture, coarser: Texture, first: int) -> None:
        context.program("halve").use(("cells", finer))
        context.into(coarser, first, coarser.height - first)
        context.cover()
